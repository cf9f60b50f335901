// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "vcl/error.hpp"

namespace vcl {

/// Why a file cannot be written: `code` is that of errno.
class WriteFailure : public Error {
 public:
  WriteFailure(const std::string& text, int code) : Error(ErrorKind::Resource, text), code(code) {}
  const int code;
};

/// A file that appears under its name whole or not at all: written beside it, renamed when finished. Readers see the
/// old file until then; without finish() nothing is left. It keeps the old file's owner, group and mode as far as this
/// process may set them, and follows links. All methods throw WriteFailure naming the file.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Puts the bytes at this place of the file.
  void write(std::span<const std::byte> bytes, std::uint64_t position) const;
  /// On disk, with its name, also after a power cut.
  void finish();
  bool finished() const { return fd_ < 0; }

 private:
  const std::string path_;
  std::string temporary_;
  int fd_ = -1;
};

}  // namespace vcl
