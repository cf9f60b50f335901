// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcl/geometry.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// A binary mask, row-major, one byte a pixel: 0 background, anything else foreground.
struct Mask {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;  ///< width * height bytes

  Mask() = default;
  Mask(int width, int height) : width(width), height(height), pixels(std::size_t(width) * height) {}
  std::uint8_t& at(int x, int y) { return pixels[std::size_t(y) * width + x]; }
  std::uint8_t at(int x, int y) const { return pixels[std::size_t(y) * width + x]; }
};

/// A binary mask as COCO run lengths: column-major, background first; the runs sum to width * height.
/// Canonical: no zero run but a leading one. COCO's polygons are not read: only run lengths are.
struct Rle {
  int width = 0, height = 0;
  std::vector<std::uint32_t> runs;
  bool operator==(const Rle&) const = default;
};

/// Largest width * height that a mask may have; larger ones are refused before anything is allocated.
inline constexpr std::int64_t kMaxMaskPixels = std::int64_t(1) << 30;

/// Throw Error(Invalid) when pixels or runs do not fit the size, or the size is above the limit.
Rle rle_encode(const Mask& mask);
Mask rle_decode(const Rle& rle);

/// Checked construction from untrusted run lengths (COCO's uncompressed form); returns the canonical
/// form. Throws Error(Unreadable) unless every run is in [0, 2^32) and the sum is width * height.
Rle rle_from_counts(std::span<const std::int64_t> counts, int width, int height);

/// COCO's text form (tests/golden/data/rle/README.md states it and the rule of the safe reader).
std::string rle_to_string(const Rle& rle);
/// Throws Error(Unreadable) on any text that is not exactly a mask of this size.
Rle rle_from_string(std::string_view text, int width, int height);

std::uint64_t rle_area(const Rle& rle);
/// Smallest box that holds all foreground; all zero for an empty mask.
Box rle_box(const Rle& rle);
/// Pixels in both masks. Throws Error(Invalid) when sizes differ.
std::uint64_t rle_intersection(const Rle& a, const Rle& b);
/// Intersection over union; 0 when both are empty. Where `b` marks a crowd, COCO's rule: over the area of `a`.
double rle_iou(const Rle& a, const Rle& b, bool crowd = false);
/// Union (or intersection) of masks of one size, else Error(Invalid); an empty list gives an empty 0x0 mask.
Rle rle_merge(std::span<const Rle> masks, bool intersect = false);

}  // namespace vcl
