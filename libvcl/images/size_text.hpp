// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "vcl/geometry.hpp"

namespace vcl {

/// Returns the size as messages say it, such as 640x480.
inline std::string text_of(Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

}  // namespace vcl
