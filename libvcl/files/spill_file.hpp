// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include "libvcl/files/unnamed_file.hpp"
#include "vcl/error.hpp"

namespace vcl {

/// Bytes that do not fit into memory. They are stored in a temporary file ($TMPDIR) that is created on first use and
/// disappears with this object or the process. Not thread-safe. Throws Error(Resource) that names the folder and the
/// remedy.
class SpillFile {
 public:
  /// `content`: what the file is for, in the plural, used in error messages.
  explicit SpillFile(std::string content) : content_(std::move(content)) {}

  /// Appends bytes and returns the position of the first one.
  std::uint64_t append(std::span<const std::byte> bytes) {
    if (!file_) file_.reset(open_unnamed_file(folder()));
    if (!file_) fail("create");
    if (::fseeko(file_.get(), off_t(size_), SEEK_SET) != 0 ||
        std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() || std::fflush(file_.get()) != 0)
      fail("write");
    const std::uint64_t position = size_;
    size_ += bytes.size();
    return position;
  }

  /// Reads bytes that were appended earlier.
  void read(std::uint64_t position, std::span<std::byte> bytes) const {
    if (::fseeko(file_.get(), off_t(position), SEEK_SET) != 0 ||
        std::fread(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
      fail("read");
  }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::string folder() const {
    std::error_code error;
    const std::filesystem::path path = std::filesystem::temp_directory_path(error);
    if (!error) return path.string();
    throw Error(ErrorKind::Resource, "there is no folder for the temporary file for " + content_ + ": " +
                                         error.message() + "; name an existing one in TMPDIR");
  }

  [[noreturn]] void fail(const char* what) const {
    const std::string cause = std::strerror(errno);
    throw Error(ErrorKind::Resource, std::string("cannot ") + what + " the temporary file for " + content_ + " in " +
                                         folder() + ": " + cause +
                                         "; free space there or name another folder in TMPDIR");
  }

  const std::string content_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::uint64_t size_ = 0;
};

}  // namespace vcl
