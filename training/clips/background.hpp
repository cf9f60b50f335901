// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "training/clips/clip_options.hpp"
#include "training/clips/clip_source.hpp"
#include "training/clips/warp.hpp"

namespace vcl::train {

/// The photo that fills a clip, and how its frames see it.
struct Background {
  const Photo* photo = nullptr;
  Box objects;                  ///< around all of the photo's instances, photo pixels
  bool without_object = false;  ///< a part of the photo where nothing was found
  bool smooth = false;          ///< each frame moves on from the one before
  bool moves_all = false;       ///< what is pasted moves with it
  std::vector<Affine> maps;     ///< of each frame
};

Background draw_background(const ClipSource& source, Size content, int frames, const ClipOptions& options,
                           Random& random);

}  // namespace vcl::train
