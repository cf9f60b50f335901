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

/// Returns an instance with track_id and is_new for candidate `index`, which is reported.
using Identify = std::function<Instance(std::size_t index)>;

/// The selection settings of a model.
struct Selection {
  double duplicate_iou = 1;  ///< a mask whose IoU with a better mask is above this is left out
  bool overlap = true;       ///< whether a pixel may belong to several instances if the filters leave it to the model
};

/// Returns the instances of a frame: the candidates, given in descending order of their scores, whose masks are large
/// enough and do not repeat a better one. Their number is limited by the filters. `colors`: the colors of the frame,
/// which refine its masks. Without overlap a pixel belongs to the best mask that claims it; see Overlap::Forbid.
std::vector<Instance> select_instances(const std::vector<Candidate>& candidates, const Letterbox& letterbox,
                                       const Filters& filters, const Selection& selection,
                                       const std::optional<ColorRefinement>& colors, const Identify& identify);

}  // namespace vcl
