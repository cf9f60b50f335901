// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace vcl {

/// Creates the folder for output files, unless it exists. Throws Error(Unreadable).
void make_output_folder(const std::string& path);

/// Writes a whole file; "-" is standard output. Throws Error(Resource), which names the file, the cause and the cure.
void write_output(const std::string& path, std::string_view content);

/// Replaces a file at once: it gets the whole content or stays unchanged. A device or a pipe is written directly.
void replace_output(const std::string& path, std::string_view content);

}  // namespace vcl
