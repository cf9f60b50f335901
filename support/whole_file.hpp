// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace vcl {

/// Writes a file that appears under its name whole or not at all: until then readers see the one before. A symbolic
/// link stays one. Throws Error(Resource) naming the file and the cure.
void write_whole_file(const std::string& path, std::string_view content);

}  // namespace vcl
