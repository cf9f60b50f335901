// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/base/annotator.hpp"
#include "vcl/geometry.hpp"

namespace gstvcl {

/// Paints each patch of the grid, R G B in `colors`, over its pixels of the frame.
void paint_patches(const AnnotatorFrame& frame, vcl::Size grid, const std::vector<std::uint8_t>& colors);

}  // namespace gstvcl
