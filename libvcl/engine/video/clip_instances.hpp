// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "libvcl/engine/refinement/color_refinement.hpp"
#include "libvcl/engine/video/video_mask2former.hpp"
#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace vcl {

/// One object of a clip: a query, its score, and its mask in each frame, in source pixels. Masks may be empty.
struct ClipInstance {
  std::int64_t query = 0;
  float score = 0;
  std::vector<Rle> masks;
};

/// Returns the paper's result for a clip (method.md 6): the `most` queries with the best scores, best first, regardless
/// of scores and overlaps. `clip`: index of the clip in the prediction. Only the masks of these queries are resized to
/// full size, one at a time.
std::vector<ClipInstance> clip_instances(const Prediction& prediction, std::int64_t clip, const Letterbox& letterbox,
                                         int most = 10);

/// Returns the probability of each query to be an object: [B, Q].
at::Tensor query_scores(const Prediction& prediction);

/// Returns the number of mask cells of this stride that the frame covers, in the upper left part of the canvas.
Size mask_cells(const Letterbox& letterbox, int stride);

/// Returns the network's probability of each of these cells to move in one frame: float32 on the CPU.
at::Tensor moves_of(const FrameFeatures& features, const Letterbox& letterbox);

/// Resizes the logits of one query in one frame from the mask cells to the canvas: float32 [height, width] on the CPU.
/// Refines them with `colors`, the colors of the frame, if given.
at::Tensor canvas_logits(const at::Tensor& logits, const Letterbox& letterbox,
                         const std::optional<ColorRefinement>& colors = {});

}  // namespace vcl
