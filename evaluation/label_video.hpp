// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "evaluation/mask_track.hpp"

namespace vcl {

/// The disjoint masks of a video. A frame is width * height labels, row-major: 0 is background, n is object n.
struct LabelVideo {
  Size size;
  std::vector<std::vector<std::uint8_t>> frames;
};

inline constexpr std::uint8_t kVoidLabel = 255;  ///< in the truth: neither object nor background

/// Returns the track of label n at n - 1, up to the largest label that occurs. kVoidLabel has no track.
std::vector<MaskTrack> label_tracks(const LabelVideo& video);

}  // namespace vcl
