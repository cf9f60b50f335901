// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace vcl {

/// Opens a file in `folder` that has no name, so it disappears however the process ends. Close it with fclose. Returns
/// null and sets errno on failure.
inline std::FILE* open_unnamed_file(const std::string& folder) {
  std::string path = folder + "/.vcl-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  ::unlink(path.c_str());
  std::FILE* file = ::fdopen(descriptor, "w+b");
  if (file == nullptr) ::close(descriptor);
  return file;
}

}  // namespace vcl
