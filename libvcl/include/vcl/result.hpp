// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// One object in one frame. The mask is binary, in source pixels.
struct Instance {
  std::uint64_t track_id = 0;  ///< from 1; the same object keeps it; never used again after the track ends
  float score = 0;             ///< confidence of the track so far, in [0, 1]
  Box box;                     ///< of the mask, source pixels
  std::uint64_t area = 0;      ///< foreground pixels
  Rle mask;                    ///< of the frame's size
  bool is_new = false;         ///< first frame in which this track is reported
};

/// What the engine says of one frame. Instances are sorted by descending score, then ascending id.
struct FrameResult {
  std::uint64_t frame = 0;  ///< counts from 0 since the engine was opened or reset, on over drain()
  std::int64_t pts = -1;    ///< nanoseconds as given with the frame; -1 unknown
  Size size;                ///< source pixels
  bool stale = false;       ///< no inference ran for this frame: masks are those of an earlier one
  std::vector<Instance> instances;
};

}  // namespace vcl
