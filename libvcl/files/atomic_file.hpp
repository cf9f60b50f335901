// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "vcl/error.hpp"

namespace vcl {

/// A file could not be written. `code` is the value of errno.
class WriteFailure : public Error {
 public:
  WriteFailure(const std::string& text, int code) : Error(ErrorKind::Resource, text), code(code) {}
  const int code;
};

/// A file that appears under its name completely or not at all. It is written next to the final path and renamed when
/// finished. Until then readers see the old file; without finish() nothing remains. It keeps the old file's owner,
/// group and mode as far as this process may set them, and follows symbolic links. All methods throw WriteFailure that
/// names the file.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Writes the bytes at `position` of the file.
  void write(std::span<const std::byte> bytes, std::uint64_t position) const;
  /// Makes the file and its name durable on disk, even after a power failure.
  void finish();
  bool finished() const { return fd_ < 0; }

 private:
  const std::string path_;
  std::string temporary_;
  int fd_ = -1;
};

}  // namespace vcl
