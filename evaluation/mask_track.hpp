// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace vcl {

/// An object's way through a video: a mask for each frame, all of one size; none, or an empty one: it is not in view.
using MaskTrack = std::vector<std::optional<Rle>>;

/// Mean over the frames in which there is any; 0 where there is none.
double mean_area(const MaskTrack& track);

/// Pixels of all frames together.
std::uint64_t total_area(const MaskTrack& track);
/// Pixels of both, of all frames together. Throws Error(Invalid) when lengths or sizes differ.
std::uint64_t total_intersection(const MaskTrack& a, const MaskTrack& b);
/// Of an intersection and the two areas; 0 where both are empty.
double over_union(std::uint64_t intersection, std::uint64_t area_a, std::uint64_t area_b);

/// A track in a third of the memory, for what waits: a data set's tracks are millions of masks.
struct PackedTrack {
  Size size;
  std::vector<std::string> counts;  ///< COCO's text of each frame's mask; "": none
};

/// Throws Error(Invalid) when the masks differ in size.
PackedTrack pack(const MaskTrack& track);
MaskTrack unpack(const PackedTrack& track);

}  // namespace vcl
