// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "training/learning/losses.hpp"

/// Matching and losses as the paper has them (method.md 5.6): masks are compared at sampled points.
namespace vcl::train {

inline constexpr std::int64_t kPaperPoints = 12544;

/// Uniform numbers in [0, 1), float32, on the network's device: `points` pairs for every row, which belongs to a clip:
/// [rows, points, 2]. Goldens play back what was recorded.
using DrawUniform = std::function<at::Tensor(const std::vector<std::int64_t>& clip_of_row, std::int64_t points)>;

/// Values of maps [N, C, H, W] at points [N, P, 2], (x, y) in [0, 1] of the map's extent: [N, C, P], bilinear, 0 from
/// outside.
at::Tensor sample_points(const at::Tensor& maps, const at::Tensor& points);

/// What it costs to give each query to each object: 2 class + 5 cross entropy + 5 dice. `classes` [Q, 2] and `masks`
/// [Q, T, h, w] are logits, `objects` [N, T, H, W] is 0 or 1, `points` [1, P, 2] serve every frame. [Q, N].
at::Tensor matching_cost(const at::Tensor& classes, const at::Tensor& masks, const at::Tensor& objects,
                         const at::Tensor& points);

/// One prediction's part. Pairs are (query, object) by ascending query.
struct PointLoss {
  at::Tensor classes, mask, dice;                       ///< before weights
  std::vector<std::vector<std::pair<int, int>>> pairs;  ///< of each clip
};

struct PointLosses {
  at::Tensor total;                    ///< 2 class + 5 mask + 5 dice of every prediction
  std::vector<PointLoss> predictions;  ///< the last one first, then the others from the first on
};

/// `objects`: of each clip [N, T, H, W], 0 or 1. Draws come in the authors' order: of each prediction the matching
/// points of every clip, then the losses' points. Throws Error(Invalid) where a clip has more objects than queries;
/// where a cost is not finite nothing is matched (the loss is then not finite either). Waits for the device once.
PointLosses point_losses(const std::vector<Prediction>& predictions, const std::vector<at::Tensor>& objects,
                         const WholeBatch& batch, std::int64_t points, const DrawUniform& draw);

/// Labels [B, T, H, W], object numbers 1..counts[b], as masks of each clip's objects.
std::vector<at::Tensor> object_masks(const at::Tensor& labels, const std::vector<int>& counts);

}  // namespace vcl::train
