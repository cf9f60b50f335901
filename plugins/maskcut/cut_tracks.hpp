// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "vcl/maskcut.hpp"
#include "vcl/result.hpp"
#include "vcl/tracking.hpp"

namespace gstvcl {

/// Least IoU of the masks of one object in two frames that follow each other.
inline constexpr double kSameObjectIou = 0.3;

/// Gives the masks of frame after frame track ids. No id is used twice.
class CutTracks {
 public:
  /// The objects of a frame: masks that are not empty, best score first. With `track`, objects that overlap those of
  /// the frame before keep their ids; else all ids are new. Score: 1 - the cut's eigenvalue, not below 0.
  std::vector<vcl::Instance> follow(const std::vector<vcl::CutStep>& steps, const std::vector<vcl::Mask>& masks,
                                    bool track);
  void end_all();

 private:
  vcl::TrackJoiner joiner_{kSameObjectIou};
  std::vector<vcl::Rle> previous_;  // in the joiner's order
  std::uint64_t last_id_ = 0;
};

}  // namespace gstvcl
