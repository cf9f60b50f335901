// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <fmt/format.h>

#include <string>

namespace vcl {

/// Returns "25 %, 12 s left" for work of which the share `done`, above 0, took `seconds`.
inline std::string time_left(double done, double seconds) {
  return fmt::format("{:.0f} %, {:.0f} s left", 100 * done, seconds * (1 - done) / done);
}

}  // namespace vcl
