// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace vcl {

/// Writes a file atomically: readers see the previous file until the new one is complete. A symbolic link is kept.
/// Throws Error(Resource) that names the file and the cure.
void write_whole_file(const std::string& path, std::string_view content);

}  // namespace vcl
