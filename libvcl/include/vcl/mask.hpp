// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcl/geometry.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// A binary mask, row-major, one byte per pixel: 0 is background, any other value is foreground.
struct Mask {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;  ///< width * height bytes

  Mask() = default;
  Mask(int width, int height) : width(width), height(height), pixels(std::size_t(width) * height) {}
  std::uint8_t& at(int x, int y) { return pixels[std::size_t(y) * width + x]; }
  std::uint8_t at(int x, int y) const { return pixels[std::size_t(y) * width + x]; }
};

/// A binary mask as COCO run lengths: column-major, background first. The runs sum to width * height. The form is
/// canonical if only the first run may be 0. COCO's polygons are not supported.
struct Rle {
  int width = 0, height = 0;
  std::vector<std::uint32_t> runs;
  bool operator==(const Rle&) const = default;
};

/// Maximum width * height of a mask. Larger masks are refused before memory is allocated.
inline constexpr std::int64_t kMaxMaskPixels = std::int64_t(1) << 30;

/// Convert between the two forms. Both throw Error(Invalid) if pixels or runs do not fit the size, or if the size is
/// above the limit.
Rle rle_encode(const Mask& mask);
Mask rle_decode(const Rle& rle);

/// Builds a mask from untrusted run lengths (COCO's uncompressed form) and returns its canonical form. Throws
/// Error(Unreadable) unless every run is in [0, 2^32) and the sum is width * height.
Rle rle_from_counts(std::span<const std::int64_t> counts, int width, int height);

/// Returns COCO's text form (tests/golden/data/rle/README.md defines it and the rules of the safe reader).
std::string rle_to_string(const Rle& rle);
/// Parses COCO's text form. Throws Error(Unreadable) if the text is not exactly one mask of this size.
Rle rle_from_string(std::string_view text, int width, int height);

/// Returns the number of foreground pixels.
std::uint64_t rle_area(const Rle& rle);
/// Returns the smallest box that holds all foreground, or all zeros for an empty mask.
Box rle_box(const Rle& rle);
/// Returns the number of pixels in both masks. Throws Error(Invalid) if their sizes differ.
std::uint64_t rle_intersection(const Rle& a, const Rle& b);
/// Returns the intersection over union, or 0 if both masks are empty. If `b` marks a crowd, it is COCO's measure: the
/// intersection over the area of `a`. Throws Error(Invalid) if their sizes differ.
double rle_iou(const Rle& a, const Rle& b, bool crowd = false);
/// Returns the union (or the intersection) of masks. An empty list gives an empty mask of 0x0. Throws Error(Invalid) if
/// their sizes differ.
Rle rle_merge(std::span<const Rle> masks, bool intersect = false);

}  // namespace vcl
