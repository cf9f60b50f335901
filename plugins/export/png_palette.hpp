// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "vcl/result.hpp"

namespace gstvcl {

/// Returns the frame as an index image, an 8-bit PNG with the palette of vcl-overlay: 0 is background, other values are
/// the region_id of the track. Where masks overlap, the instance listed first, with the better score, is on top.
std::string index_png(const vcl::FrameResult& frame);

}  // namespace gstvcl
