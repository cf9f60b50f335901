// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/files/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "vcl/error.hpp"

namespace vcl {

MappedFile::MappedFile(const std::string& path) : path_(path) {
  const auto fail = [&](int code) {
    const ErrorKind kind = code == ENOENT || code == ENOTDIR ? ErrorKind::NotFound : ErrorKind::Unreadable;
    throw Error(kind, path + ": cannot open: " + std::generic_category().message(code));
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO must not block
  if (fd < 0) fail(errno);
  struct stat status {};
  int code = ::fstat(fd, &status) == 0 ? 0 : errno;
  const bool regular = code == 0 && S_ISREG(status.st_mode);
  if (regular && status.st_size > 0) {
    const std::size_t size = static_cast<std::size_t>(status.st_size);
    void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      code = errno;
    } else {
      bytes_ = {static_cast<const std::byte*>(data), size};
    }
  }
  ::close(fd);
  if (code != 0) fail(code);
  if (!regular) refuse("is not a file");
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void MappedFile::refuse(const std::string& why) const {
  throw Error(ErrorKind::Unreadable, path_ + ": " + why);
}

void MappedFile::unsupported(const std::string& why) const {
  throw Error(ErrorKind::Unsupported, path_ + ": " + why);
}

}  // namespace vcl
