// SPDX-License-Identifier: LGPL-2.1-or-later
#include "output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>

#include "core/atomic_file.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace fs = std::filesystem;

void make_output_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || access(path.c_str(), W_OK) != 0)
    throw Error(ErrorKind::Unreadable, fmt::format("cannot write into the folder '{}': {}; choose another place", path,
                                                   error ? error.message() : "permission denied"));
}

void write_output(const std::string& path, std::string_view content) {
  if (path == "-") {
    if (std::fwrite(content.data(), 1, content.size(), stdout) != content.size() || std::fflush(stdout) != 0)
      throw Error(ErrorKind::Resource, fmt::format("cannot write to standard output: {}", std::strerror(errno)));
    return;
  }
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), std::streamsize(content.size()));
  file.close();
  if (!file)
    throw Error(ErrorKind::Resource,
                fmt::format("cannot write '{}': {}; free space or choose another place", path, std::strerror(errno)));
}

void replace_output(const std::string& path, std::string_view content) {
  if (path == "-") return write_output(path, content);
  const fs::path target = fs::is_symlink(path) ? fs::weakly_canonical(path) : fs::path(path);
  if (fs::exists(target) && !fs::is_regular_file(target)) return write_output(path, content);
  try {
    AtomicFile file(target.string());
    file.write(std::as_bytes(std::span(content)), 0);
    file.finish();
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}; free space or choose another place", error.what()));
  }
}

}  // namespace vcl
