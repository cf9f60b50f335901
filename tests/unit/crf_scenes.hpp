// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core_random.hpp"
#include "vcl/geometry.hpp"

/// Images and masks for tests of the CRF.
namespace vcl::test {

struct Photo {
  Size size;
  std::vector<std::uint8_t> rgb;
};

/// Noise, or a few flat boxes under a little noise.
inline Photo random_photo(Rng& rng, int longest) {
  Photo photo{{uniform(rng, 1, longest), uniform(rng, 1, longest)}, {}};
  photo.rgb.resize(3 * std::size_t(photo.size.width) * photo.size.height);
  const bool noise = uniform(rng, 0, 2) == 0;
  for (std::uint8_t& value : photo.rgb) value = std::uint8_t(noise ? uniform(rng, 0, 255) : uniform(rng, 90, 98));
  for (int n = noise ? 0 : uniform(rng, 1, 3); n > 0; --n) {
    const int left = uniform(rng, 0, photo.size.width - 1), top = uniform(rng, 0, photo.size.height - 1);
    const int channel = uniform(rng, 0, 2), change = uniform(rng, -80, 150);
    for (int y = top; y < photo.size.height; ++y)
      for (int x = left; x < photo.size.width; ++x) {
        std::uint8_t& value = photo.rgb[3 * (std::size_t(y) * photo.size.width + x) + channel];
        value = std::uint8_t(std::clamp(value + change, 0, 255));
      }
  }
  return photo;
}

inline std::vector<Mask> random_masks(Rng& rng, Size size, int count) {
  std::vector<Mask> masks;
  for (int m = 0; m < count; ++m) masks.push_back(random_mask(rng, size.width, size.height));
  return masks;
}

}  // namespace vcl::test
