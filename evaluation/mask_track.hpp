// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace vcl {

/// An object's masks in a video, one per frame, all of the same size. If the object is not in view, there is no mask or
/// an empty one.
using MaskTrack = std::vector<std::optional<Rle>>;

/// Returns the mean over the frames with a non-empty mask, or 0 if there is none.
double mean_area(const MaskTrack& track);

/// Returns the number of pixels over all frames.
std::uint64_t total_area(const MaskTrack& track);
/// Returns the number of common pixels over all frames. Throws Error(Invalid) if lengths or sizes differ.
std::uint64_t total_intersection(const MaskTrack& a, const MaskTrack& b);
/// Returns the IoU for an intersection and two areas, or 0 if both are empty.
double over_union(std::uint64_t intersection, std::uint64_t area_a, std::uint64_t area_b);

/// A track in a third of the memory, for storage: the tracks of a data set are millions of masks.
struct PackedTrack {
  Size size;
  std::vector<std::string> counts;  ///< COCO's text of each frame's mask; "": none
};

/// Throws Error(Invalid) if the masks differ in size.
PackedTrack pack(const MaskTrack& track);
MaskTrack unpack(const PackedTrack& track);

}  // namespace vcl
