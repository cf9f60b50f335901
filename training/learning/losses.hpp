// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "libvcl/engine/video/video_mask2former.hpp"

/// Matching and losses of method.md 5.6 with the changes of 9.4 for a small network: all mask cells with area-averaged
/// targets instead of sampled points, the class target of a matched query is the IoU of its mask, earlier predictions
/// weigh less, and mask losses are means over the frames of a clip.
namespace vcl::train {

/// Targets of B clips, padded to the same number of objects N: share of each mask cell that the object covers.
struct Targets {
  at::Tensor masks;         ///< float [B, N, T, h, w], on the network's device
  std::vector<int> counts;  ///< objects of each clip, at most N
  at::Tensor known{};       ///< float [B, T, h, w]: share of each cell that is labelled; undefined: all of it
};
/// `labels`: uint8 [B, T, H, W], object numbers 1..counts[b], or kUnlabelled. `stride`: of the masks.
Targets make_targets(const at::Tensor& labels, std::vector<int> counts, int stride);

struct Matches {
  std::vector<std::int64_t> prediction;  ///< index into the flattened [L, B, Q]
  std::vector<std::int64_t> target;      ///< index into the flattened [B, N]
  std::vector<std::int64_t> layer;
};
/// Least-cost one-to-one matching of each prediction of each clip: cost 2 class + 5 cross entropy + 5 dice. `masks`
/// [L, B, Q, P] logits, `classes` [L, B, Q, 2] logits. Throws Error(Invalid) when an object count exceeds the queries.
/// Costs that are not finite give no matches (the loss is then not finite either). Waits for the device once.
Matches match(const at::Tensor& masks, const at::Tensor& classes, const Targets& targets);

/// What losses are means over: all that an update sees, of which a batch may be a part. Its losses are then summands,
/// and so are their gradients.
struct WholeBatch {
  std::int64_t clips = 0;
  double objects = 0;
};

/// Scalars on the network's device: reading one waits for the device.
struct Losses {
  at::Tensor total;                ///< what is minimised
  at::Tensor classes, mask, dice;  ///< of the last prediction, before weights, without gradient
  at::Tensor moves{};              ///< moves_loss, before its weight, without gradient
};

struct VideoLosses {
  double no_object = 0.3;  ///< weight of an unmatched query in the class loss
  bool drop = false;       ///< an unmatched query whose mask overlaps no label (IoU up to 0.01) has no class loss:
                           ///< what has no label may be an object
};
/// Cells have a loss, and count when masks are matched, as far as they are labelled. An unmatched query that lies
/// mostly where nothing is labelled has no class loss.
Losses video_losses(const std::vector<Prediction>& predictions, const Targets& targets, const VideoLosses& options,
                    const WholeBatch& batch);

/// 3 cross entropy + dice loss of each frame, mean over the frames of the batch: logits [B * T, 1, h, w] of what moves
/// against uint8 [B, T, H, W], values of Clip::moves. Cells count as far as they are known, those that nobody knows not
/// at all.
at::Tensor moves_loss(const at::Tensor& logits, const at::Tensor& moves, const WholeBatch& batch);

/// Cross entropy + 0.5 (1 - soft IoU) of logits [N, 1, h, w] against soft targets uint8 [N, H, W].
Losses dense_losses(const at::Tensor& logits, const at::Tensor& targets, const WholeBatch& batch);

}  // namespace vcl::train
