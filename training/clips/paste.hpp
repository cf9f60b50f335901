// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "training/clips/clip.hpp"
#include "training/clips/warp.hpp"
#include "training/photos/labelled_photos.hpp"

namespace vcl::train {

/// An instance of a photo, as seen in one frame.
struct Sight {
  const Photo* photo = nullptr;
  std::uint8_t id = 0;  ///< its label in the photo
  Box box;              ///< box around it, in photo pixels
  Affine map;           ///< content to photo
};

/// The share of each pixel that an instance covers.
struct Cover {
  Box seen;                   ///< contains all pixels with a share; may exceed the content by the feather
  int margin = 0;             ///< width of the border of zeros around `seen`
  std::vector<float> shares;  ///< [seen.height + 2 margin, seen.width + 2 margin], 0 to 1

  int stride() const { return seen.width + 2 * margin; }
  /// Returns the index of a content pixel in `shares`. The pixel is at most `margin` away from `seen`.
  std::size_t index(int x, int y) const {
    return std::size_t(y - seen.y + margin) * std::size_t(stride()) + std::size_t(x - seen.x + margin);
  }
  /// Returns whether the instance covers half of the pixel or more.
  bool holds(int x, int y) const;
};

/// Returns the cover with a margin for a border that is softened by `feather` pixels.
Cover cover_of(const Sight& sight, Size content, int feather);

/// Draws the instance over one frame. The border is averaged over a square of 2 feather + 1 pixels, and the colors are
/// multiplied by `gain`. Pixels that the instance holds get the label `id`.
void paste(const Sight& sight, const Cover& cover, const std::array<float, 3>& gain, int feather, std::uint8_t id,
           Clip& clip, int frame);

}  // namespace vcl::train
