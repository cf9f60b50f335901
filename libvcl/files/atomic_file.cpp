// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/files/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace vcl {
namespace {

[[noreturn]] void fail(const std::string& path, int code) {
  throw WriteFailure(path + ": cannot write: " + std::generic_category().message(code), code);
}

/// Makes the new name survive a power failure. Errors are ignored, because the file itself is already safe.
void sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

/// Returns the target of a symbolic link, even if it does not exist yet.
std::string linked_file(const std::string& path) {
  std::filesystem::path file = path;
  std::error_code failure;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(file, failure); ++links)
    file = file.parent_path() / std::filesystem::read_symlink(file, failure);
  return file.string();
}

/// Gives the new file the owner and mode of the old one, as far as this process may set them, so that the same users
/// can read it.
void keep_owner_and_mode(const std::string& path, int fd) {
  struct stat old = {};
  if (::stat(path.c_str(), &old) != 0) return;
  const bool same_group = ::fchown(fd, old.st_uid, old.st_gid) == 0 || ::fchown(fd, uid_t(-1), old.st_gid) == 0;
  ::fchmod(fd, old.st_mode & (same_group ? 0777 : 0700));
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(linked_file(path)) {
  static std::atomic<unsigned> counter{0};
  do {
    temporary_ = path_ + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (fd_ < 0 && errno == EEXIST);
  if (fd_ < 0) fail(path_, errno);
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes, std::uint64_t position) const {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(path_, written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    position += static_cast<std::uint64_t>(written);
  }
}

void AtomicFile::finish() {
  keep_owner_and_mode(path_, fd_);
  if (::fsync(fd_) != 0) fail(path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, errno);
  ::close(std::exchange(fd_, -1));
  sync_folder_of(path_);
}

}  // namespace vcl
