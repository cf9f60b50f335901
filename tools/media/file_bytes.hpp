// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vcl {

/// A file of foreign bytes, read here and there. What cannot be read has size 0; bytes behind the end are 0.
class FileBytes {
 public:
  /// A pipe is not opened: its writer would take that for a reader.
  explicit FileBytes(const std::string& path) {
    struct stat status;
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file_ >= 0) size_ = std::uint64_t(status.st_size);
  }
  ~FileBytes() {
    if (file_ >= 0) ::close(file_);
  }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  std::uint64_t size() const { return size_; }

  /// Whether `count` bytes from `at` are there; no overflow.
  bool holds(std::uint64_t at, std::uint64_t count) const { return at <= size_ && count <= size_ - at; }

  std::string text(std::uint64_t at, std::size_t count) const {
    std::string bytes(count, '\0');
    if (at < size_ && ::pread(file_, bytes.data(), count, off_t(at)) < 0) bytes.assign(count, '\0');
    return bytes;
  }

 private:
  int file_ = -1;
  std::uint64_t size_ = 0;
};

inline std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

inline std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace vcl
