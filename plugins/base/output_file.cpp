// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/base/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <span>
#include <utility>

#include "libvcl/files/atomic_file.hpp"

namespace gstvcl {
namespace {

bool is_full(int error_number) {
  return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
}

std::string sentence(const std::string& path, int error_number) {
  const char* cure = is_full(error_number) ? "free some space or choose another place"
                                           : "check that the folder exists and that you may write there";
  return "Cannot write '" + path + "': " + g_strerror(error_number) + "; " + cure + ".";
}

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw WriteError(path, GST_RESOURCE_ERROR_WRITE, errno);
    bytes.remove_prefix(std::size_t(written));
  }
}

}  // namespace

WriteError::WriteError(const std::string& path, GstResourceError operation, int error_number)
    : std::runtime_error(sentence(path, error_number)),
      code_(is_full(error_number) ? GST_RESOURCE_ERROR_NO_SPACE_LEFT : operation) {}

OutputFile::OutputFile(const std::string& path, int fd) : path_(path), fd_(fd) {
  if (fd_ < 0) throw WriteError(path, GST_RESOURCE_ERROR_OPEN_WRITE, errno);
}

OutputFile::OutputFile(const std::string& path)
    : OutputFile(path, path == "-" ? STDOUT_FILENO : ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)) {}

std::unique_ptr<OutputFile> OutputFile::create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EEXIST) return nullptr;
  return std::unique_ptr<OutputFile>(new OutputFile(path, fd));
}

OutputFile::~OutputFile() {
  if (fd_ > STDOUT_FILENO) ::close(fd_);
}

bool OutputFile::is_regular() const {
  struct stat info;
  return fd_ > STDOUT_FILENO && ::fstat(fd_, &info) == 0 && S_ISREG(info.st_mode);
}

void OutputFile::write(std::string_view bytes) {
  if (bytes_ == 0 && is_regular() && ::ftruncate(fd_, 0) != 0)  // a pipe cannot be truncated
    throw WriteError(path_, GST_RESOURCE_ERROR_WRITE, errno);
  try {
    write_all(fd_, bytes, path_);
  } catch (const WriteError&) {
    // No half of a line stays. If this fails too, the first error says more.
    if (is_regular() && ::ftruncate(fd_, off_t(bytes_)) == 0) ::lseek(fd_, off_t(bytes_), SEEK_SET);
    throw;
  }
  bytes_ += bytes.size();
}

void OutputFile::close() {
  const int fd = std::exchange(fd_, -1);
  if (fd > STDOUT_FILENO && ::close(fd) != 0) throw WriteError(path_, GST_RESOURCE_ERROR_CLOSE, errno);
}

bool is_replaceable(const std::string& path) {
  struct stat info;
  return path != "-" && (::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode));
}

void check_replaceable(const std::string& path) {
  if (!is_replaceable(path)) return;
  try {
    const vcl::AtomicFile trial(path);
  } catch (const vcl::WriteFailure& failure) {
    throw WriteError(path, GST_RESOURCE_ERROR_OPEN_WRITE, failure.code);
  }
}

void write_whole_file(const std::string& path,
                      const std::function<void(const std::function<void(std::string_view)>&)>& produce) {
  if (!is_replaceable(path)) {
    OutputFile file(path);
    produce([&file](std::string_view bytes) { file.write(bytes); });
    return file.close();
  }
  GstResourceError operation = GST_RESOURCE_ERROR_OPEN_WRITE;
  try {
    vcl::AtomicFile file(path);
    operation = GST_RESOURCE_ERROR_WRITE;
    std::uint64_t written = 0;
    produce([&](std::string_view bytes) {
      file.write(std::as_bytes(std::span(bytes)), written);
      written += bytes.size();
    });
    file.finish();
  } catch (const vcl::WriteFailure& failure) {
    throw WriteError(path, operation, failure.code);
  }
}

}  // namespace gstvcl
