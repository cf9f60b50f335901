// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "support/random.hpp"
#include "training/photos/labelled_photos.hpp"

namespace vcl::train {

/// How DINO sees a photo: crops of many sizes and looks, two large ("global") and some small ("local").
struct ViewSettings {
  int global_side = 224, local_side = 96;  ///< pixels
  int locals = 6;
  double smallest_local = 0.05, smallest_global = 0.25;  ///< share of the photo's area; locals end where globals start
};

/// Square crops of one photo, planar RGB bytes [views, 3, side, side].
struct Views {
  std::vector<std::uint8_t> globals, locals;
};

/// Random crop, mirroring, colour jitter, greying, blur and solarisation, as the original's; determined by `random`.
Views make_views(const Photo& photo, const ViewSettings& settings, Random& random);

}  // namespace vcl::train
