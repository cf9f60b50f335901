// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/clip_source.hpp"

namespace vcl::train {

/// A thing to be drawn at about its own size: colours and how much of each pixel it covers, with a free margin around.
struct Sprite {
  static constexpr int kMargin = 2;

  Size size;
  std::vector<float> rgb;    ///< [height, width, 3], 0 to 255
  std::vector<float> cover;  ///< [height, width], 0 to 1

  /// An object that was cut out of its photo, its longer side `length` pixels; half of them mirrored, lit otherwise.
  static Sprite cut_out(const ClipSource& source, double length, Random& random);
  /// A made-up outline with a piece of a photo in it; `colour`: in colours about this one.
  static Sprite made_up(const Photo& texture, double length, const float* colour, Random& random);

  /// Blurs it along a way of this many pixels.
  void smear(double x, double y);
};

/// A made-up outline of lobes and limbs, cropped: 1 inside.
struct Silhouette {
  Size size;
  std::vector<std::uint8_t> inside;  ///< [height, width]

  static Silhouette draw(Random& random);
};

}  // namespace vcl::train
