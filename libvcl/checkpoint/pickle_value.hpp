// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "libvcl/files/mapped_file.hpp"
#include "vcl/safetensors.hpp"

/// The contents of a pickle as plain data. No Python object is ever constructed: a class is a name, and an object of a
/// class whose contents do not matter is `Opaque`. Texts and bytes are ranges of the mapped file.
namespace vcl::pickle {

/// Values refer to each other by index in the heap, so cycles neither leak nor overflow the stack on destruction.
using Ref = std::uint32_t;

struct None {};
struct LongInt {  ///< an int beyond 64 bits: two's complement, little-endian
  std::span<const std::byte> bytes;
};
struct Text {
  std::string_view text;
};
struct Bytes {
  std::span<const std::byte> bytes;
};
struct OldText {  ///< `str` of Python 2: text in some places, bytes in others
  std::string_view text;
};
struct List {
  std::vector<Ref> items;
};
struct Tuple {
  std::vector<Ref> items;
};
struct Dict {
  std::vector<std::pair<Ref, Ref>> items;
};
struct Global {  ///< the name of a class or function
  std::string_view module, name;
};
struct Opaque {  ///< an object whose contents are ignored; `what` outlives the heap
  std::string_view what;
};
struct NumpyType {
  std::optional<DType> dtype;  ///< nothing: a type that tensors cannot have here
  bool swapped = false;
};
struct NumpyArray {};  ///< until its state arrives and makes it a tensor
struct StorageRange {  ///< `count` elements of a PyTorch storage
  std::uint32_t storage;
  std::uint64_t offset, count;
};
struct TensorIndex {
  std::uint32_t index;
};

using Value = std::variant<None, bool, std::int64_t, double, LongInt, Text, Bytes, OldText, List, Tuple, Dict, Global,
                           Opaque, NumpyType, NumpyArray, StorageRange, TensorIndex>;

/// The memory of tensors, which may share it.
struct Storage {
  std::string_view key;  ///< empty for numpy arrays, which contain their bytes
  DType dtype;
  std::uint64_t count;  ///< elements
  bool swapped = false;
  std::span<const std::byte> bytes;
};

/// Strides and offset count elements of the storage. They were checked against its size.
struct Tensor {
  std::uint32_t storage;
  std::uint64_t offset;
  std::vector<std::int64_t> shape, strides;
};

/// All values of the pickles in one file, with limits that hold for any pickle.
class Heap {
 public:
  static constexpr std::size_t kMaxSteps = std::size_t(1) << 23;
  static constexpr std::size_t kMaxTensors = std::size_t(1) << 17;

  explicit Heap(const MappedFile& file) : file(file) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  Ref add(Value value);
  Ref add_tensor(Tensor tensor);
  /// Counts work that the size of the file does not limit, and refuses too much of it.
  void spend(std::size_t steps);
  template <class T>
  const T* get(Ref ref) const {
    return std::get_if<T>(&values[ref]);
  }
  template <class T>
  T* get(Ref ref) {
    return std::get_if<T>(&values[ref]);
  }
  std::optional<std::string_view> text(Ref ref) const;
  std::optional<std::span<const std::byte>> bytes(Ref ref) const;
  /// Returns the items of a tuple or list, otherwise null.
  const std::vector<Ref>* items(Ref ref) const;
  /// Returns an int that is not negative, otherwise nothing.
  std::optional<std::int64_t> count(Ref ref) const;
  /// Returns a tuple of at most kSafetensorsMaxRank such ints, otherwise nothing.
  std::optional<std::vector<std::int64_t>> counts(Ref ref) const;
  /// Describes a value for error messages: "a list", "the class \"os.system\"".
  std::string describe(Ref ref) const;

  const MappedFile& file;
  std::deque<Value> values;
  std::deque<Tensor> tensors;
  std::vector<Storage> storages;
  std::map<std::string_view, std::uint32_t> storage_of_key;
  std::deque<std::string> decoded;  ///< bytes that the file holds in another encoding
  std::size_t decoded_size = 0;

 private:
  std::size_t steps_ = 0;
};

}  // namespace vcl::pickle
