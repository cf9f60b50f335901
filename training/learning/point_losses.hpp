// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "training/learning/losses.hpp"

/// Matching and losses as in the paper (method.md 5.6): masks are compared at sampled points.
namespace vcl::train {

inline constexpr std::int64_t kPaperPoints = 12544;

/// Returns uniform numbers in [0, 1), float32, on the network's device: `points` pairs for each row, [rows, points, 2].
/// Each row belongs to a clip. Golden tests play back recorded numbers.
using DrawUniform = std::function<at::Tensor(const std::vector<std::int64_t>& clip_of_row, std::int64_t points)>;

/// Returns the values of maps [N, C, H, W] at points [N, P, 2] as [N, C, P]. A point is (x, y) in [0, 1] of the map's
/// extent. Interpolation is bilinear, with 0 outside.
at::Tensor sample_points(const at::Tensor& maps, const at::Tensor& points);

/// Returns the cost [Q, N] of matching each query to each object: 2 class + 5 cross entropy + 5 dice. `classes` [Q, 2]
/// and `masks` [Q, T, h, w] are logits, `objects` [N, T, H, W] is 0 or 1. `points` [1, P, 2] are used for all frames.
at::Tensor matching_cost(const at::Tensor& classes, const at::Tensor& masks, const at::Tensor& objects,
                         const at::Tensor& points);

/// The loss of one prediction. Pairs are (query, object), sorted by query.
struct PointLoss {
  at::Tensor classes, mask, dice;                       ///< before weights
  std::vector<std::vector<std::pair<int, int>>> pairs;  ///< per clip
};

struct PointLosses {
  at::Tensor total;                    ///< 2 class + 5 mask + 5 dice, summed over all predictions
  std::vector<PointLoss> predictions;  ///< the last one first, then the others in order
};

/// `objects` holds a [N, T, H, W] of 0 or 1 for each clip. Numbers are drawn in the authors' order: per prediction the
/// matching points of each clip, then the points of the losses. Throws Error(Invalid) if a clip has more objects than
/// queries. Matches nothing if a cost is not finite (the loss is not finite either then). Waits for the device once.
PointLosses point_losses(const std::vector<Prediction>& predictions, const std::vector<at::Tensor>& objects,
                         const WholeBatch& batch, std::int64_t points, const DrawUniform& draw);

/// Converts labels [B, T, H, W], object numbers 1..counts[b], to the masks of each clip's objects.
std::vector<at::Tensor> object_masks(const at::Tensor& labels, const std::vector<int>& counts);

}  // namespace vcl::train
