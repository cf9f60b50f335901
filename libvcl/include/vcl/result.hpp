// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// How a mask that traveled in a stream (docs/sei.md) agrees with that of the sender.
enum class MaskForm : std::uint8_t {
  Exact,   ///< equal
  Coarse,  ///< in cells of more than one pixel; covers the sender's mask
  Box,     ///< the whole box
};

/// One object in one frame. The mask is binary and in pixels of the source.
struct Instance {
  std::uint64_t track_id = 0;  ///< from 1; an object keeps it; no id is used again after its track ended
  float score = 0;             ///< confidence of the track so far, in [0, 1]
  Box box;                     ///< smallest box that holds the mask, in pixels of the source
  std::uint64_t area = 0;      ///< foreground pixels
  Rle mask;                    ///< has the size of the frame
  bool is_new = false;         ///< whether this is the first frame in which the track is reported
  MaskForm form = MaskForm::Exact;
};

/// The result for one frame. Instances are sorted by descending score, then by ascending id.
struct FrameResult {
  std::uint64_t frame = 0;  ///< counts from 0 since the engine was opened or reset; drain() does not restart it
  std::int64_t pts = -1;    ///< nanoseconds, as given with the frame; -1: unknown
  Size size;                ///< pixels of the source
  bool stale = false;       ///< whether no inference ran for this frame; its masks are then those of an earlier one
  std::vector<Instance> instances;
};

}  // namespace vcl
