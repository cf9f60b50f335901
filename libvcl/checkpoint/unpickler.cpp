// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/checkpoint/unpickler.hpp"

#include <limits>

#include "libvcl/checkpoint/pickle_classes.hpp"
#include "libvcl/checkpoint/pickle_literals.hpp"
#include "libvcl/checkpoint/pickle_opcodes.hpp"

namespace vcl::pickle {

namespace {

constexpr Ref kNoRef = std::numeric_limits<Ref>::max();
constexpr std::uint8_t kNewestProtocol = 5;

/// The stack machine that runs a pickle.
class Machine {
 public:
  Machine(Heap& heap, ByteReader& reader) : heap_(heap), reader_(reader) {}
  Ref run();

 private:
  void step(Op op);
  bool push_container(Op op);
  bool use_memo(Op op);
  bool use_class(Op op);
  bool fill_container(Op op);

  void push(Value value) { stack_.push_back(heap_.add(std::move(value))); }
  Ref top() const;
  Ref pop();
  std::vector<Ref> pop(std::size_t count);
  std::vector<Ref> pop_to_mark();
  void push_global(std::string_view module, std::string_view name);
  void put(std::uint64_t index);
  void get(std::uint64_t index);
  void append(Ref target, const std::vector<Ref>& items);
  void set_items(Ref target, const std::vector<Ref>& items);
  Value dict_of(const std::vector<Ref>& items) const;

  Heap& heap_;
  ByteReader& reader_;
  std::vector<Ref> stack_, memo_;
  std::vector<std::size_t> marks_;  ///< heights of the stack
  std::size_t steps_ = 0;
};

Ref Machine::top() const {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) reader_.refuse("is a broken pickle: its stack is empty");
  return stack_.back();
}

Ref Machine::pop() {
  const Ref value = top();
  stack_.pop_back();
  return value;
}

std::vector<Ref> Machine::pop(std::size_t count) {
  std::vector<Ref> values(count);
  for (std::size_t i = count; i-- > 0;) values[i] = pop();
  return values;
}

std::vector<Ref> Machine::pop_to_mark() {
  if (marks_.empty()) reader_.refuse("is a broken pickle: it has no mark");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<Ref> values(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return values;
}

void Machine::push_global(std::string_view module, std::string_view name) {
  push(Global{module, name});
}

/// Picklers number their memo consecutively, so an index cannot exceed the number of steps. This bounds the memo's
/// size.
void Machine::put(std::uint64_t index) {
  if (index > steps_) reader_.refuse("is a broken pickle: its memo has gaps");
  if (index >= memo_.size()) memo_.resize(index + 1, kNoRef);
  memo_[index] = top();
}

void Machine::get(std::uint64_t index) {
  if (index >= memo_.size() || memo_[index] == kNoRef) reader_.refuse("is a broken pickle: its memo lacks a value");
  stack_.push_back(memo_[index]);
}

void Machine::append(Ref target, const std::vector<Ref>& items) {
  if (heap_.get<Opaque>(target) != nullptr) return;
  auto* list = heap_.get<List>(target);
  if (list == nullptr) reader_.refuse("is a broken pickle: it appends to " + heap_.describe(target));
  list->items.insert(list->items.end(), items.begin(), items.end());
}

Value Machine::dict_of(const std::vector<Ref>& items) const {
  if (items.size() % 2 != 0) reader_.refuse("is a broken pickle: a key without a value");
  Dict dict;
  dict.items.reserve(items.size() / 2);
  for (std::size_t i = 0; i < items.size(); i += 2) dict.items.emplace_back(items[i], items[i + 1]);
  return dict;
}

void Machine::set_items(Ref target, const std::vector<Ref>& items) {
  if (items.size() % 2 != 0) reader_.refuse("is a broken pickle: a key without a value");
  if (heap_.get<Opaque>(target) != nullptr) return;
  auto* dict = heap_.get<Dict>(target);
  if (dict == nullptr) reader_.refuse("is a broken pickle: it sets items of " + heap_.describe(target));
  for (std::size_t i = 0; i < items.size(); i += 2) dict->items.emplace_back(items[i], items[i + 1]);
}

bool Machine::push_container(Op op) {
  switch (op) {
    case Op::EmptyList:
      push(List{});
      break;
    case Op::EmptyTuple:
      push(Tuple{});
      break;
    case Op::EmptyDict:
      push(Dict{});
      break;
    case Op::EmptySet:
      push(Opaque{"set"});
      break;
    case Op::FrozenSet:
      pop_to_mark();
      push(Opaque{"frozenset"});
      break;
    case Op::List:
      push(List{pop_to_mark()});
      break;
    case Op::Tuple:
      push(Tuple{pop_to_mark()});
      break;
    case Op::Dict:
      push(dict_of(pop_to_mark()));
      break;
    case Op::Tuple1:
      push(Tuple{pop(1)});
      break;
    case Op::Tuple2:
      push(Tuple{pop(2)});
      break;
    case Op::Tuple3:
      push(Tuple{pop(3)});
      break;
    default:
      return false;
  }
  return true;
}

bool Machine::fill_container(Op op) {
  switch (op) {
    case Op::Append: {
      const auto item = pop(1);
      append(top(), item);
      break;
    }
    case Op::Appends:
    case Op::AddItems: {
      const auto items = pop_to_mark();
      append(top(), items);
      break;
    }
    case Op::SetItem: {
      const auto item = pop(2);
      set_items(top(), item);
      break;
    }
    case Op::SetItems: {
      const auto items = pop_to_mark();
      set_items(top(), items);
      break;
    }
    default:
      return false;
  }
  return true;
}

bool Machine::use_memo(Op op) {
  switch (op) {
    case Op::Memoize:
      put(memo_.size());
      break;
    case Op::BinPut:
      put(reader_.number<std::uint8_t>());
      break;
    case Op::LongBinPut:
      put(reader_.number<std::uint32_t>());
      break;
    case Op::BinGet:
      get(reader_.number<std::uint8_t>());
      break;
    case Op::LongBinGet:
      get(reader_.number<std::uint32_t>());
      break;
    default:
      return false;
  }
  return true;
}

bool Machine::use_class(Op op) {
  switch (op) {
    case Op::Global: {
      const std::string_view module = reader_.line();
      push_global(module, reader_.line());
      break;
    }
    case Op::StackGlobal: {
      const auto names = pop(2);
      const auto module = heap_.text(names[0]), name = heap_.text(names[1]);
      if (!module || !name) reader_.refuse("is a broken pickle: a class whose name is no text");
      push_global(*module, *name);
      break;
    }
    case Op::Reduce:
    case Op::NewObj: {
      const auto call_of = pop(2);
      stack_.push_back(call(heap_, call_of[0], call_of[1]));
      break;
    }
    case Op::Build: {
      const Ref state = pop();
      set_state(heap_, top(), state);
      break;
    }
    case Op::BinPersId:
      stack_.push_back(persistent(heap_, pop()));
      break;
    default:
      return false;
  }
  return true;
}

void Machine::step(Op op) {
  if (auto literal = read_literal(op, reader_)) return push(std::move(*literal));
  if (push_container(op) || fill_container(op) || use_memo(op) || use_class(op)) return;
  switch (op) {
    case Op::Proto: {
      const auto protocol = reader_.number<std::uint8_t>();
      if (protocol > kNewestProtocol) reader_.unsupported("is a pickle of protocol " + std::to_string(protocol));
      break;
    }
    case Op::Frame:  // a hint for readers of streams
      if (reader_.number<std::uint64_t>() > reader_.left()) reader_.refuse("is truncated inside a pickle");
      break;
    case Op::Mark:
      marks_.push_back(stack_.size());
      break;
    case Op::Pop:
      pop();
      break;
    case Op::PopMark:
      pop_to_mark();
      break;
    case Op::Dup:
      stack_.push_back(top());
      break;
    default:
      reader_.unsupported("holds the pickle opcode " + refused_opcode(static_cast<std::uint8_t>(op)) +
                          ", which data does not need; save the weights again with torch.save(state_dict, ...)");
  }
}

Ref Machine::run() {
  for (;;) {
    const auto op = static_cast<Op>(reader_.number<std::uint8_t>());
    heap_.spend(1);
    ++steps_;
    if (op == Op::Stop) break;
    step(op);
  }
  const Ref value = pop();
  if (!stack_.empty() || !marks_.empty()) reader_.refuse("is a broken pickle: it ends with values left over");
  return value;
}

}  // namespace

Ref unpickle(Heap& heap, ByteReader& reader) {
  return Machine(heap, reader).run();
}

}  // namespace vcl::pickle
