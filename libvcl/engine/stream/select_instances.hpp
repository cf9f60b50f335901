// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <optional>

#include "libvcl/engine/refinement/color_refinement.hpp"
#include "vcl/engine.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// An object that may be reported in a frame.
struct Candidate {
  at::Tensor logits;  ///< [canvas height, canvas width] / stride of the masks
  double score;
};

/// Says who candidate `index` is, when it is reported: an instance with track_id and is_new.
using Identify = std::function<Instance(std::size_t index)>;

/// How a model wants it.
struct Selection {
  double duplicate_iou = 1;  ///< a mask that overlaps a better one's by a larger IoU is left out
  bool overlap = true;       ///< whether a pixel may belong to several instances, where the filters leave it open
};

/// A frame's instances: the candidates, given in descending order of their scores, whose masks are large enough and do
/// not repeat a better one's; at most as many as the filters say. `colors`: of the frame, to refine its masks with.
/// Without overlap a pixel belongs to the best that claims it; see Overlap::Forbid.
std::vector<Instance> select_instances(const std::vector<Candidate>& candidates, const Letterbox& letterbox,
                                       const Filters& filters, const Selection& selection,
                                       const std::optional<ColorRefinement>& colors, const Identify& identify);

}  // namespace vcl
