// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "training/clips/clip.hpp"
#include "training/clips/warp.hpp"
#include "training/photos/labelled_photos.hpp"

namespace vcl::train {

/// An instance of a photo as one frame sees it.
struct Sight {
  const Photo* photo = nullptr;
  std::uint8_t id = 0;  ///< in the photo
  Box box;              ///< around it, photo pixels
  Affine map;           ///< content to photo
};

/// How much of each pixel an instance covers.
struct Cover {
  Box seen;                   ///< all pixels with a share lie in it; may reach past the content by the feather
  int margin = 0;             ///< zeros around it
  std::vector<float> shares;  ///< [seen.height + 2 margin, seen.width + 2 margin], 0 to 1

  int stride() const { return seen.width + 2 * margin; }
  /// Where the share of a content pixel stands that is at most `margin` from `seen`.
  std::size_t index(int x, int y) const {
    return std::size_t(y - seen.y + margin) * std::size_t(stride()) + std::size_t(x - seen.x + margin);
  }
  /// Whether the content's pixel belongs to the instance: half of it or more.
  bool holds(int x, int y) const;
};

/// With room for a border that is softened by `feather` pixels.
Cover cover_of(const Sight& sight, Size content, int feather);

/// Draws the instance over one frame, its border a mean over 2 feather + 1 pixels squared, its colours times `gain`.
/// The pixels that it holds get label `id`.
void paste(const Sight& sight, const Cover& cover, const std::array<float, 3>& gain, int feather, std::uint8_t id,
           Clip& clip, int frame);

}  // namespace vcl::train
