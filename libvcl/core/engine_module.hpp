// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>

namespace vcl {

/// A function of the engine module by its C name; the module is loaded on first use and never unloaded. Throws
/// Error(Library) with the cure.
void* engine_symbol(const char* name);

/// The folder that libvcl was loaded from.
std::filesystem::path own_folder();

}  // namespace vcl
