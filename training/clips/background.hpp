// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "training/clips/clip_options.hpp"
#include "training/clips/clip_source.hpp"
#include "training/clips/warp.hpp"

namespace vcl::train {

/// The photo that fills a clip, and the view of it in each frame.
struct Background {
  const Photo* photo = nullptr;
  Box objects;                  ///< box around all instances of the photo, in photo pixels
  bool without_object = false;  ///< the view contains no instance
  bool smooth = false;          ///< each frame continues the motion of the previous one
  bool moves_all = false;       ///< pasted instances move with the background
  std::vector<Affine> maps;     ///< one per frame
};

Background draw_background(const ClipSource& source, Size content, int frames, const ClipOptions& options,
                           Random& random);

}  // namespace vcl::train
