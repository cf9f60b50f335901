// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string_view>

namespace vcl::fuzz {

/// Reads a file of weights as `vcl model` does: every tensor, the state dict, what network it is and whether it fits.
void read_weights(std::string_view file);

}  // namespace vcl::fuzz
