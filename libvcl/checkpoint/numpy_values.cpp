// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <array>

#include "libvcl/checkpoint/pickle_classes.hpp"
#include "libvcl/files/safetensors_format.hpp"

namespace vcl::pickle {

namespace {

struct TypeRow {
  std::string_view name;
  DType dtype;
};

constexpr std::array kTypes{
    TypeRow{"f4", DType::F32}, TypeRow{"f8", DType::F64}, TypeRow{"f2", DType::F16},
    TypeRow{"i8", DType::I64}, TypeRow{"i4", DType::I32}, TypeRow{"i2", DType::I16},
    TypeRow{"i1", DType::I8},  TypeRow{"u1", DType::U8},  TypeRow{"b1", DType::Bool},
};

/// Returns dense strides. In C order the last side varies fastest, in Fortran order the first.
std::vector<std::int64_t> dense_strides(const std::vector<std::int64_t>& shape, bool fortran) {
  std::vector<std::int64_t> strides(shape.size());
  if (std::ranges::count(shape, 0) != 0) return strides;  // no elements: the other sides may have any size
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t side = fortran ? i : shape.size() - 1 - i;
    strides[side] = stride;
    stride *= shape[side];
  }
  return strides;
}

Value array(Heap& heap, const NumpyType& type, std::optional<std::vector<std::int64_t>> shape,
            std::optional<std::span<const std::byte>> bytes, bool fortran) {
  if (!shape) heap.file.refuse("has a numpy array with an impossible shape");
  if (!type.dtype) return Opaque{"numpy.ndarray of a type that is not read here"};
  const auto size = tensor_bytes(*type.dtype, *shape);
  if (!bytes || !size || *size != bytes->size()) heap.file.refuse("has a numpy array whose shape and bytes disagree");
  std::vector<std::int64_t> strides = dense_strides(*shape, fortran);
  const std::uint64_t count = bytes->size() / dtype_size(*type.dtype);
  heap.storages.push_back({{}, *type.dtype, count, type.swapped, *bytes});
  const auto storage = static_cast<std::uint32_t>(heap.storages.size() - 1);
  return heap.values[add_checked_tensor(heap, {storage, 0, std::move(*shape), std::move(strides)}, 0, count)];
}

}  // namespace

/// dtype('f4', align, copy)
Ref numpy_type(Heap& heap, const Args& args) {
  const auto name = args.empty() ? std::nullopt : heap.text(args[0]);
  if (!name) heap.file.refuse("is a broken pickle: a numpy type without a name");
  NumpyType type;
  for (const TypeRow& row : kTypes) {
    if (row.name == *name) type.dtype = row.dtype;
  }
  return heap.add(type);
}

/// (version, byte order, subarray, names, fields, ...)
void numpy_set_type(Heap& heap, Ref type, Ref state) {
  const auto* items = heap.items(state);
  const auto order = items != nullptr && items->size() >= 5 ? heap.text((*items)[1]) : std::nullopt;
  if (!order) heap.file.refuse("is a broken pickle: a numpy type without a byte order");
  auto* target = heap.get<NumpyType>(type);
  target->swapped = *order == ">";
  const bool simple =
      std::all_of(items->begin() + 2, items->begin() + 5, [&](Ref item) { return heap.get<None>(item) != nullptr; });
  if (!simple) target->dtype.reset();
}

/// _reconstruct(class, (0,), b'b'): the contents of the array come later, with the state.
Ref numpy_array(Heap& heap, const Args& args) {
  const auto* type = args.empty() ? nullptr : heap.get<Global>(args[0]);
  if (type == nullptr || type->module != "numpy" || type->name != "ndarray") {
    heap.file.unsupported("has a numpy array that is no plain ndarray");
  }
  return heap.add(NumpyArray{});
}

/// (version, shape, type, fortran order, bytes)
void numpy_set_array(Heap& heap, Ref target, Ref state) {
  const auto* items = heap.items(state);
  const auto* type = items != nullptr && items->size() == 5 ? heap.get<NumpyType>((*items)[2]) : nullptr;
  if (type == nullptr) heap.file.refuse("is a broken pickle: a numpy array without a type");
  const auto* fortran = heap.get<bool>((*items)[3]);
  const bool by_columns = fortran != nullptr ? *fortran : heap.count((*items)[3]).value_or(0) != 0;
  heap.values[target] = array(heap, *type, heap.counts((*items)[1]), heap.bytes((*items)[4]), by_columns);
}

/// (bytes, type, shape, order) in protocol 5
Ref numpy_from_buffer(Heap& heap, const Args& args) {
  const auto* type = args.size() == 4 ? heap.get<NumpyType>(args[1]) : nullptr;
  const auto order = type != nullptr ? heap.text(args[3]) : std::nullopt;
  if (!order) heap.file.refuse("is a broken pickle: a numpy array without a type or order");
  return heap.add(array(heap, *type, heap.counts(args[2]), heap.bytes(args[0]), *order == "F"));
}

}  // namespace vcl::pickle
