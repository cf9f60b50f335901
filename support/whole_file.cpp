// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/whole_file.hpp"

#include <span>

#include "libvcl/files/atomic_file.hpp"
#include "vcl/error.hpp"

namespace vcl {

void write_whole_file(const std::string& path, std::string_view content) {
  try {
    AtomicFile file(path);
    file.write(std::as_bytes(std::span(content)), 0);
    file.finish();
  } catch (const Error& error) {
    throw Error(error.kind(), std::string(error.what()) + "; free space or choose another place");
  }
}

}  // namespace vcl
