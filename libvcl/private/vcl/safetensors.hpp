// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace [[gnu::visibility("default")]] vcl {

/// Type of the elements of a tensor.
enum class DType { U8, I8, I16, I32, I64, F16, BF16, F32, F64, Bool };
/// Returns the bytes of one element.
std::size_t dtype_size(DType dtype);

/// A tensor in a mapped file: little-endian, row-major. The bytes live as long as the file object.
struct TensorView {
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// A .safetensors file, mapped into memory. The constructor checks it completely before anything can be read: the
/// length of the header, its JSON, dtypes, shapes against byte counts, offsets without gap or overlap, and the file
/// size. Throws Error(NotFound | Unreadable), which names the file and the entry. Views stay valid as long as the
/// object, or the one that it was moved to.
///
/// Threads: the object is immutable, so any thread may read it.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;

  const std::map<std::string, TensorView>& tensors() const;
  const std::map<std::string, std::string>& metadata() const;
  /// Returns the tensor. Throws Error(Unreadable), which names file and tensor, if it does not exist.
  const TensorView& at(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Writes the file under a temporary name in its folder, syncs it and renames it, so a reader never sees half a file.
/// Tensors are aligned to their element size. Throws Error(Resource), which names path and cause.
void write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata);

/// The same for data that does not fit into memory. The tensors are declared at the start, which gives the header, and
/// then appended one by one.
class SafetensorsWriter {
 public:
  struct Declaration {
    std::string name;
    DType dtype;
    std::vector<std::int64_t> shape;
  };
  SafetensorsWriter(const std::string& path, const std::vector<Declaration>& tensors,
                    const std::map<std::string, std::string>& metadata);
  ~SafetensorsWriter();  ///< removes the temporary file unless finish() was called
  /// Appends the bytes of the next tensor, in the declared order. Each must have exactly its declared number of bytes.
  void append(std::span<const std::byte> bytes);
  /// Completes the file and gives it its name.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcl
