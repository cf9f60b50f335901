// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "libvcl/engine/refinement/color_refinement.hpp"
#include "libvcl/engine/video/video_mask2former.hpp"
#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace vcl {

/// One object of a clip: a query, its score, and its mask in every frame, in source pixels; possibly empty.
struct ClipInstance {
  std::int64_t query = 0;
  float score = 0;
  std::vector<Rle> masks;
};

/// What the paper reports of a clip (method.md 6): the `most` queries with the best scores, best first, whatever their
/// scores and overlaps. `clip`: which of the prediction's clips. Only these queries' masks are brought to full size,
/// one after the other.
std::vector<ClipInstance> clip_instances(const Prediction& prediction, std::int64_t clip, const Letterbox& letterbox,
                                         int most = 10);

/// The probability of each query to be an object: [B, Q].
at::Tensor query_scores(const Prediction& prediction);

/// Cells of masks of this stride where the frame lies, from the top left of those of the canvas.
Size mask_cells(const Letterbox& letterbox, int stride);

/// The probability of each of these cells to move, as the network says of one frame: float32 on the CPU.
at::Tensor moves_of(const FrameFeatures& features, const Letterbox& letterbox);

/// One query's logits in one frame, in the mask cells of the canvas, on the canvas: float32 [height, width] on the CPU;
/// refined with the frame's colours where they are given.
at::Tensor canvas_logits(const at::Tensor& logits, const Letterbox& letterbox,
                         const std::optional<ColorRefinement>& colors = {});

}  // namespace vcl
