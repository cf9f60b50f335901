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

enum class DType { U8, I8, I16, I32, I64, F16, BF16, F32, F64, Bool };
std::size_t dtype_size(DType dtype);

/// A tensor in a mapped file: little-endian, row-major; the bytes live as long as the file object.
struct TensorView {
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// A .safetensors file, memory-mapped and validated to the byte before anything is handed out: header
/// length, JSON, dtypes, shapes against byte counts, offsets without gap or overlap, file size.
/// Throws Error(NotFound | Unreadable) naming the file and the entry. Views keep valid while it lives.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;

  const std::map<std::string, TensorView>& tensors() const;
  const std::map<std::string, std::string>& metadata() const;
  /// Throws Error(Unreadable) naming file and tensor when it is not there.
  const TensorView& at(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Writes the file under a temporary name beside it, syncs and renames: a reader never sees half a
/// file. Tensors are aligned to their element size. Throws Error(Resource) naming path and cause.
void write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata);

/// The same for data that does not fit in memory: tensors are appended one by one, the header comes
/// from what was declared at the start.
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
  /// Tensors in the declared order, each with exactly its declared number of bytes.
  void append(std::span<const std::byte> bytes);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcl
