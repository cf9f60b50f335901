// SPDX-License-Identifier: LGPL-2.1-or-later
#include <array>

#include "libvcl/checkpoint/pickle_classes.hpp"
#include "libvcl/files/safetensors_format.hpp"
#include "libvcl/files/strict_json.hpp"

namespace vcl::pickle {

namespace {

struct StorageType {
  std::string_view name;
  DType dtype;
};

constexpr std::array kStorageTypes{
    StorageType{"FloatStorage", DType::F32}, StorageType{"DoubleStorage", DType::F64},
    StorageType{"HalfStorage", DType::F16},  StorageType{"BFloat16Storage", DType::BF16},
    StorageType{"LongStorage", DType::I64},  StorageType{"IntStorage", DType::I32},
    StorageType{"ShortStorage", DType::I16}, StorageType{"CharStorage", DType::I8},
    StorageType{"ByteStorage", DType::U8},   StorageType{"BoolStorage", DType::Bool},
};

DType storage_type(Heap& heap, Ref type) {
  const auto* global = heap.get<Global>(type);
  if (global == nullptr) heap.file.refuse("has a storage whose type is " + heap.describe(type));
  // Storages of a device, such as torch.cuda.FloatStorage, are saved like all others.
  if (global->module == "torch" || global->module == "torch.cuda") {
    for (const StorageType& known : kStorageTypes) {
      if (known.name == global->name) return known.dtype;
    }
  }
  heap.file.unsupported("has a storage of " + heap.describe(type) +
                        ", which is no type that tensors can have here; convert it first, for example with .float()");
}

constexpr std::size_t kMaxKey = 1024;  // a long key that is named a million times would be compared as often

/// Returns the storage of this key. Its first mention adds it.
std::uint32_t storage_of(Heap& heap, std::string_view key, DType dtype, std::uint64_t count) {
  const auto [found, is_new] = heap.storage_of_key.emplace(key, static_cast<std::uint32_t>(heap.storages.size()));
  if (is_new) {
    heap.storages.push_back({key, dtype, count, false, {}});
  } else if (heap.storages[found->second].dtype != dtype || heap.storages[found->second].count != count) {
    heap.file.refuse("describes the storage " + in_quotes(key) + " in two ways");
  }
  return found->second;
}

/// Legacy files before PyTorch 1.0 may refer to a part of a storage: (key, offset, elements).
StorageRange part_of(const Heap& heap, StorageRange whole, Ref view) {
  if (heap.get<None>(view) != nullptr) return whole;
  const auto* parts = heap.get<Tuple>(view);
  const auto offset = parts != nullptr && parts->items.size() == 3 ? heap.count(parts->items[1]) : std::nullopt;
  const auto count = offset ? heap.count(parts->items[2]) : std::nullopt;
  if (!count || std::uint64_t(*offset) > whole.count || std::uint64_t(*count) > whole.count - std::uint64_t(*offset)) {
    heap.file.refuse("has a view that lies outside its storage");
  }
  return {whole.storage, std::uint64_t(*offset), std::uint64_t(*count)};
}

}  // namespace

Ref persistent(Heap& heap, Ref id) {
  const auto* tuple = heap.get<Tuple>(id);
  if (tuple == nullptr || tuple->items.empty()) heap.file.refuse("is a broken pickle: a storage that is no tuple");
  const Args& args = tuple->items;
  if (const auto kind = heap.text(args[0]); kind != "storage") {
    heap.file.unsupported(
        "refers to " + heap.describe(args[0]) +
        " outside the pickle, a whole module perhaps; save its weights: torch.save(model.state_dict(), ...)");
  }
  const auto key = args.size() == 5 || args.size() == 6 ? heap.text(args[2]) : std::nullopt;
  const auto count = key ? heap.count(args[4]) : std::nullopt;
  if (!count || key->empty() || key->size() > kMaxKey)
    heap.file.refuse("is a broken pickle: a storage without a key or size");
  const DType dtype = storage_type(heap, args[1]);
  const std::array<std::int64_t, 1> shape{*count};
  if (!tensor_bytes(dtype, shape)) heap.file.refuse("has a storage whose size overflows");
  const StorageRange whole{storage_of(heap, *key, dtype, std::uint64_t(*count)), 0, std::uint64_t(*count)};
  return heap.add(args.size() == 6 ? part_of(heap, whole, args[5]) : whole);
}

/// (storage, offset, shape, strides[, requires_grad, hooks[, metadata]])
Ref torch_tensor(Heap& heap, const Args& args) {
  const auto* storage = args.size() >= 4 ? heap.get<StorageRange>(args[0]) : nullptr;
  if (storage == nullptr) heap.file.refuse("is a broken pickle: a tensor without a storage");
  const auto offset = heap.count(args[1]);
  auto shape = heap.counts(args[2]), strides = heap.counts(args[3]);
  if (!offset || !shape || !strides || shape->size() != strides->size()) {
    heap.file.refuse("is a broken pickle: a tensor with an impossible offset, shape or stride");
  }
  Tensor tensor{storage->storage, std::uint64_t(*offset), std::move(*shape), std::move(*strides)};
  return add_checked_tensor(heap, std::move(tensor), storage->offset, storage->count);
}

Ref torch_parameter(Heap& heap, const Args& args) {
  if (args.empty() || heap.get<TensorIndex>(args[0]) == nullptr) {
    heap.file.refuse("is a broken pickle: a parameter that is no tensor");
  }
  return args[0];
}

Ref add_checked_tensor(Heap& heap, Tensor tensor, std::uint64_t storage_begin, std::uint64_t storage_count) {
  const auto refuse = [&] { heap.file.refuse("has a tensor that reaches beyond its storage: the file is corrupt"); };
  if (!tensor_bytes(heap.storages[tensor.storage].dtype, tensor.shape)) refuse();
  if (tensor.offset > storage_count) refuse();
  std::uint64_t end = tensor.offset + 1;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    if (tensor.shape[i] == 0) end = 0;
  }
  for (std::size_t i = 0; end != 0 && i < tensor.shape.size(); ++i) {
    std::uint64_t extent = 0;
    if (__builtin_mul_overflow(std::uint64_t(tensor.shape[i] - 1), std::uint64_t(tensor.strides[i]), &extent) ||
        __builtin_add_overflow(end, extent, &end)) {
      refuse();
    }
  }
  if (end > storage_count) refuse();
  tensor.offset += storage_begin;
  return heap.add_tensor(std::move(tensor));
}

}  // namespace vcl::pickle
