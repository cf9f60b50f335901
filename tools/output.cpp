// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "support/whole_file.hpp"
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
  if (fs::exists(path) && !fs::is_regular_file(path)) return write_output(path, content);
  write_whole_file(path, content);
}

}  // namespace vcl
