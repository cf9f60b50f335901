// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace vcl {

/// Makes the folder for output files where it is not there yet. Throws Error(Unreadable).
void make_output_folder(const std::string& path);

/// Writes a whole file; "-" is standard output. Throws Error(Resource) naming it, the cause and the cure.
void write_output(const std::string& path, std::string_view content);

/// The same; a file appears under its name whole or not at all, or stays as it was; a device or a pipe gets it
/// as it is.
void replace_output(const std::string& path, std::string_view content);

}  // namespace vcl
