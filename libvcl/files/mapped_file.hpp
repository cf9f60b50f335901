// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace vcl {

/// A regular file mapped for reading. The bytes live as long as the object. If another program truncates the file
/// meanwhile, reading them ends the process (SIGBUS). Files that are replaced by renaming, as all of ours, are safe.
class MappedFile {
 public:
  /// Throws Error(NotFound | Unreadable) that names the file.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  /// Throws Error(Unreadable): the file is corrupt.
  [[noreturn]] void refuse(const std::string& why) const;
  /// Throws Error(Unsupported): the file may be valid, but cannot be read here.
  [[noreturn]] void unsupported(const std::string& why) const;

 private:
  std::string path_;
  std::span<const std::byte> bytes_;
};

}  // namespace vcl
