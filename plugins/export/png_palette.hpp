// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "vcl/result.hpp"

namespace gstvcl {

/// The frame as an index image, an 8-bit PNG with the palette of vcl-overlay: 0 background, else
/// region_id of the track; where masks overlap, the better score is on top.
std::string index_png(const vcl::FrameResult& frame);

}  // namespace gstvcl
