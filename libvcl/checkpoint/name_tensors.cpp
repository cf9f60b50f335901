// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>

#include "libvcl/checkpoint/checkpoint_contents.hpp"
#include "libvcl/files/strict_json.hpp"

namespace vcl {

namespace {

using namespace pickle;

constexpr std::size_t kMaxVisits = std::size_t(1) << 24;  // values that a memo repeats are visited each time
constexpr std::size_t kMaxNesting = 64, kMaxName = 1024, kMaxLeftOut = 1000;

class Namer {
 public:
  Namer(const Heap& heap, CheckpointContents& contents) : heap_(heap), contents_(contents) {}
  void name(Ref root);

 private:
  void visit(Ref value);
  void count_visit();
  void visit_child(std::string_view key, Ref value);
  void visit_list(const std::vector<Ref>& items);
  void visit_dict(const Dict& dict);
  void add(const Tensor& tensor);
  void leave_out(const std::string& what);
  std::optional<std::string> key_name(Ref key) const;
  bool has_children(Ref value) const { return heap_.items(value) != nullptr || heap_.get<Dict>(value) != nullptr; }

  const Heap& heap_;
  CheckpointContents& contents_;
  std::string path_;
  std::size_t nesting_ = 0, visits_ = 0;
};

std::optional<std::string> Namer::key_name(Ref key) const {
  if (const auto text = heap_.text(key)) return std::string(*text);
  if (const auto* number = heap_.get<std::int64_t>(key)) return std::to_string(*number);
  return std::nullopt;
}

/// Readers disagree about which of two equal keys counts.
void refuse_double_keys(const Heap& heap) {
  for (const Value& value : heap.values) {
    const auto* dict = std::get_if<Dict>(&value);
    if (dict == nullptr) continue;
    std::vector<std::string_view> keys;
    for (const auto& [key, ignored] : dict->items) {
      const auto text = heap.text(key);
      if (text && text->size() <= kMaxName) keys.push_back(*text);  // longer keys are refused where they name something
    }
    std::ranges::sort(keys);
    const auto twice = std::ranges::adjacent_find(keys);
    if (twice != keys.end()) heap.file.refuse("has the key " + in_quotes(*twice) + " twice in a dictionary");
  }
}

void Namer::leave_out(const std::string& what) {
  if (contents_.left_out.size() < kMaxLeftOut) contents_.left_out.emplace(path_, what);
}

void Namer::add(const Tensor& tensor) {
  const Storage& storage = heap_.storages[tensor.storage];
  const std::string name = path_.empty() ? "tensor" : path_;
  try {
    nlohmann::json(name).dump();
  } catch (const nlohmann::json::exception&) {
    heap_.file.refuse("has the tensor name " + in_quotes(name) + ", which is not UTF-8");
  }
  StoredTensor stored{storage.dtype, tensor.shape, tensor.strides, storage.bytes, tensor.offset, storage.swapped};
  if (!contents_.tensors.emplace(name, std::move(stored)).second) {
    heap_.file.refuse("has two tensors of the name " + in_quotes(name));
  }
  if (contents_.tensors.size() > Heap::kMaxTensors) heap_.file.refuse("repeats its tensors too often");
}

void Namer::visit_child(std::string_view key, Ref value) {
  const std::size_t length = path_.size();
  if (nesting_ > 1) path_ += '.';
  path_ += key;
  if (path_.size() > kMaxName) heap_.file.refuse("has a name of more than " + std::to_string(kMaxName) + " bytes");
  visit(value);
  path_.resize(length);
}

void Namer::visit_list(const std::vector<Ref>& items) {
  for (std::size_t i = 0; i < items.size(); ++i) visit_child(std::to_string(i), items[i]);
}

void Namer::visit_dict(const Dict& dict) {
  for (const auto& [key, value] : dict.items) {
    const auto name = key_name(key);
    if (!name) {
      count_visit();
      if (has_children(value) || heap_.get<TensorIndex>(value) != nullptr)
        leave_out("values under " + heap_.describe(key));
      continue;
    }
    const std::size_t before = contents_.tensors.size();
    visit_child(*name, value);
    if (nesting_ == 1 && has_children(value) && contents_.tensors.size() > before) contents_.containers.insert(*name);
  }
}

void Namer::count_visit() {
  if (++visits_ > kMaxVisits) heap_.file.refuse("repeats its values too often");
}

void Namer::visit(Ref value) {
  count_visit();
  if (const auto* tensor = heap_.get<TensorIndex>(value)) return add(heap_.tensors[tensor->index]);
  if (heap_.get<Opaque>(value) != nullptr || heap_.get<Global>(value) != nullptr)
    return leave_out(heap_.describe(value));
  if (++nesting_ > kMaxNesting) heap_.file.refuse("is nested too deeply");
  if (const auto* items = heap_.items(value)) visit_list(*items);
  if (const auto* dict = heap_.get<Dict>(value)) visit_dict(*dict);
  --nesting_;
}

void Namer::name(Ref root) {
  refuse_double_keys(heap_);
  visit(root);
}

}  // namespace

void name_tensors(const pickle::Heap& heap, pickle::Ref root, CheckpointContents& contents) {
  Namer(heap, contents).name(root);
}

}  // namespace vcl
