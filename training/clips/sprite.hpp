// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/clip_source.hpp"

namespace vcl::train {

/// An image of a thing at about its drawn size: colors and coverage of each pixel, with an empty margin around it.
struct Sprite {
  static constexpr int kMargin = 2;

  Size size;
  std::vector<float> rgb;    ///< [height, width, 3], 0 to 255
  std::vector<float> cover;  ///< [height, width], 0 to 1

  /// Cuts a random object out of its photo. Its longer side gets `length` pixels, half of the objects are mirrored, and
  /// the brightness changes.
  static Sprite cut_out(const ClipSource& source, double length, Random& random);
  /// Fills a random outline with a piece of a photo. If `colour` is not null, the colors are moved to about that
  /// color.
  static Sprite made_up(const Photo& texture, double length, const float* colour, Random& random);

  /// Blurs the sprite along this many pixels.
  void smear(double x, double y);
};

/// A random outline of lobes and limbs, cropped.
struct Silhouette {
  Size size;
  std::vector<std::uint8_t> inside;  ///< [height, width], 1 inside

  static Silhouette draw(Random& random);
};

}  // namespace vcl::train
