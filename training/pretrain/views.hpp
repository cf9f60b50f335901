// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "support/random.hpp"
#include "training/photos/labelled_photos.hpp"

namespace vcl::train {

/// The views that DINO makes of a photo: crops of many sizes and looks, two large ("global") ones and some small
/// ("local") ones.
struct ViewSettings {
  int global_side = 224, local_side = 96;  ///< in pixels
  int locals = 6;
  double smallest_local = 0.05, smallest_global = 0.25;  ///< share of the photo's area; the largest local is as large
                                                         ///< as smallest_global
};

/// Square crops of one photo, planar RGB bytes [views, 3, side, side].
struct Views {
  std::vector<std::uint8_t> globals, locals;
};

/// Makes views with random crop, mirroring, color jitter, graying, blur and solarization, as in the original. `random`
/// determines the result.
Views make_views(const Photo& photo, const ViewSettings& settings, Random& random);

}  // namespace vcl::train
