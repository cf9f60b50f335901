// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/checkpoint/pickle_value.hpp"

#include "libvcl/checkpoint/byte_reader.hpp"
#include "libvcl/files/safetensors_format.hpp"
#include "libvcl/files/strict_json.hpp"

namespace vcl::pickle {

Ref Heap::add(Value value) {
  spend(1);
  values.push_back(std::move(value));
  return static_cast<Ref>(values.size() - 1);
}

Ref Heap::add_tensor(Tensor tensor) {
  if (tensors.size() == kMaxTensors) file.unsupported("holds more than " + std::to_string(kMaxTensors) + " tensors");
  tensors.push_back(std::move(tensor));
  return add(TensorIndex{static_cast<std::uint32_t>(tensors.size() - 1)});
}

void Heap::spend(std::size_t steps) {
  if (steps > kMaxSteps - steps_) {
    file.unsupported("holds more than " + std::to_string(kMaxSteps) +
                     " values; save the weights alone: torch.save(model.state_dict(), ...)");
  }
  steps_ += steps;
}

std::optional<std::string_view> Heap::text(Ref ref) const {
  if (const auto* text = get<Text>(ref)) return text->text;
  if (const auto* text = get<OldText>(ref)) return text->text;
  return std::nullopt;
}

std::optional<std::span<const std::byte>> Heap::bytes(Ref ref) const {
  if (const auto* bytes = get<Bytes>(ref)) return bytes->bytes;
  if (const auto* text = get<OldText>(ref)) return std::as_bytes(std::span(text->text));
  return std::nullopt;
}

const std::vector<Ref>* Heap::items(Ref ref) const {
  if (const auto* list = get<List>(ref)) return &list->items;
  if (const auto* tuple = get<Tuple>(ref)) return &tuple->items;
  return nullptr;
}

std::optional<std::int64_t> Heap::count(Ref ref) const {
  const auto* value = get<std::int64_t>(ref);
  return value != nullptr && *value >= 0 ? std::optional(*value) : std::nullopt;
}

std::optional<std::vector<std::int64_t>> Heap::counts(Ref ref) const {
  const auto* tuple = get<Tuple>(ref);
  if (tuple == nullptr || tuple->items.size() > kSafetensorsMaxRank) return std::nullopt;
  std::vector<std::int64_t> result;
  for (const Ref item : tuple->items) {
    const auto value = count(item);
    if (!value) return std::nullopt;
    result.push_back(*value);
  }
  return result;
}

std::string Heap::describe(Ref ref) const {
  struct Describe {
    std::string operator()(const None&) const { return "None"; }
    std::string operator()(bool) const { return "a bool"; }
    std::string operator()(std::int64_t) const { return "an int"; }
    std::string operator()(double) const { return "a float"; }
    std::string operator()(const LongInt&) const { return "a long int"; }
    std::string operator()(const Text& text) const { return "the text " + in_quotes(text.text); }
    std::string operator()(const Bytes&) const { return "bytes"; }
    std::string operator()(const OldText&) const { return "a text of Python 2"; }
    std::string operator()(const List&) const { return "a list"; }
    std::string operator()(const Tuple&) const { return "a tuple"; }
    std::string operator()(const Dict&) const { return "a dictionary"; }
    std::string operator()(const Global& global) const {
      return "the class " +
             in_quotes(std::string(global.module.substr(0, 80)) + "." + std::string(global.name.substr(0, 80)));
    }
    std::string operator()(const Opaque& opaque) const { return "an object of " + in_quotes(opaque.what); }
    std::string operator()(const NumpyType&) const { return "a numpy type"; }
    std::string operator()(const NumpyArray&) const { return "an unfinished numpy array"; }
    std::string operator()(const StorageRange&) const { return "a storage"; }
    std::string operator()(const TensorIndex&) const { return "a tensor"; }
  };
  return std::visit(Describe{}, values[ref]);
}

}  // namespace vcl::pickle
