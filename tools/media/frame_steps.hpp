// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

namespace vcl {

/// Where the last numbers in the names of pictures do not rise by one step: words like "3 is followed by 5", else
/// empty. Empty also where a name has no number. Any even step is a usual one, such as 5 in benchmarks.
std::string uneven_step(const std::vector<std::string>& images);

}  // namespace vcl
