// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/outputs.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return status;
}

/// Of a file, or of one that came opened: fd://0.
std::optional<struct stat> status_of_input(const std::string& input) {
  constexpr std::string_view kOpened = "fd://";
  if (!input.starts_with(kOpened)) return status_of(input);
  struct stat status {};
  if (::fstat(std::atoi(input.c_str() + kOpened.size()), &status) != 0) return {};
  return status;
}

/// Returns a unique name of a path, also if nothing exists there yet.
std::string canonical_name(const std::string& path) {
  std::error_code failure;
  const fs::path name = fs::weakly_canonical(fs::absolute(path), failure);
  return failure ? path : name.string();
}

fs::path folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

/// Locks a name with an abstract socket. The lock ends with the process, however it ends, and leaves nothing behind.
int lock(const std::string& name) {
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = fmt::format("gst-vcl writes {:016x}", std::hash<std::string>{}(name));
  std::memcpy(address.sun_path + 1, text.data(), text.size());
  const auto length = socklen_t(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length) == 0) return descriptor;
  const bool taken = errno == EADDRINUSE;
  ::close(descriptor);
  if (taken)
    throw Error(ErrorKind::Invalid,
                fmt::format("another run is writing '{}'; wait for its end or choose another name", name));
  return -1;
}

}  // namespace

std::string ending_of(const std::string& path) {
  std::string ending = fs::path(path).extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending;
}

bool is_picture_name(const std::string& path) {
  constexpr std::array kEndings{".jpg",  ".jpeg", ".jfif", ".png", ".bmp", ".tif", ".tiff",
                                ".webp", ".ppm",  ".pgm",  ".pbm", ".pnm", ".jp2"};
  return std::ranges::find(kEndings, ending_of(path)) != kEndings.end();
}

Outputs::Outputs(const std::vector<std::string>& inputs, const std::vector<std::string>& pictures) {
  for (const std::string& input : inputs) add_input(input, false);
  for (const std::string& picture : pictures) add_input(picture, true);
}

Outputs::~Outputs() {
  for (const int descriptor : locks_) ::close(descriptor);
}

Outputs::Identity Outputs::identity_of(const struct stat& status) {
  return {status.st_dev, status.st_ino};
}

void Outputs::add_input(const std::string& path, bool is_picture) {
  const auto status = status_of_input(path);
  if (!status) return;
  (S_ISDIR(status->st_mode) ? folders_ : files_).insert(identity_of(*status));
  if (!is_picture) return;
  if (const auto folder = status_of(folder_of(path).string())) picture_folders_.insert(identity_of(*folder));
}

/// Throws if an existing file is read by the run, directly or as a picture in a folder that is read.
void Outputs::check_not_read(const std::string& path) const {
  const auto status = status_of(path);
  if (!status || !S_ISREG(status->st_mode)) return;
  bool read = files_.contains(identity_of(*status));
  const bool may_be_picture = is_picture_name(path);
  for (fs::path folder = canonical_name(folder_of(path).string());
       may_be_picture && !read && folder.has_relative_path(); folder = folder.parent_path()) {
    const auto above = status_of(folder.string());
    read = above && folders_.contains(identity_of(*above));
  }
  if (read) throw Error(ErrorKind::Invalid, fmt::format("'{}' is the input; choose another name for the output", path));
}

/// Throws if it is a folder of input pictures.
void Outputs::check_folder(const std::string& folder, const std::string& path) const {
  const auto status = status_of(folder);
  if (status && picture_folders_.contains(identity_of(*status)))
    throw Error(
        ErrorKind::Invalid,
        fmt::format("'{}' is or lies in the folder of the input pictures; choose another folder for the output", path));
}

void Outputs::check_picture(const std::string& path) const {
  check_not_read(path);
  check_folder(folder_of(path).string(), path);
}

/// Reserves the output for this run.
void Outputs::hold(const std::string& path) {
  const std::string name = path == "-" ? path : canonical_name(path);
  const auto status = status_of(path);
  if (!named_.insert(name).second || (status && !written_.insert(identity_of(*status)).second))
    throw Error(ErrorKind::Invalid, fmt::format("two outputs are '{}'; choose another name for one of them", path));
  if (path == "-") return;
  if (const int descriptor = lock(name); descriptor >= 0) locks_.push_back(descriptor);
}

void Outputs::add_file(const std::string& path) {
  if (path.empty()) return;
  if (path == "-") return hold(path);
  const auto status = status_of(path);
  if (!status && errno == ENAMETOOLONG)
    throw Error(ErrorKind::Invalid, fmt::format("'{}' is too long a name; choose a shorter one", path));
  if (!status && errno == EACCES)
    throw Error(ErrorKind::Unreadable, fmt::format("'{}' may not be written by this user; choose another place", path));
  if (status && S_ISDIR(status->st_mode))
    throw Error(ErrorKind::Invalid, fmt::format("'{}' is a folder; name a file in it", path));
  check_not_read(path);
  const std::string folder = folder_of(path).string();
  const auto folder_status = status_of(folder);
  if (!folder_status || !S_ISDIR(folder_status->st_mode))
    throw Error(ErrorKind::NotFound, fmt::format("there is no folder '{}' for '{}'; create it", folder, path));
  if (::access(status ? path.c_str() : folder.c_str(), W_OK) != 0)
    throw Error(ErrorKind::Unreadable, fmt::format("'{}' may not be written by this user; choose another place", path));
  if (!status || S_ISREG(status->st_mode)) hold(path);
}

void Outputs::add_folder(const std::string& path) {
  if (path.empty()) return;
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure || ::access(path.c_str(), W_OK) != 0)
    throw Error(ErrorKind::Unreadable, fmt::format("cannot write into the folder '{}': {}; choose another place", path,
                                                   failure ? failure.message() : "permission denied"));
  check_folder(path, path);
  hold(path);
}

}  // namespace vcl
