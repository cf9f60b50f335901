// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "libvcl/engine/video/video_mask2former.hpp"

/// Matching and losses of method.md 5.6, with the changes of 9.4 for a small network: all mask cells with area-averaged
/// targets instead of sampled points; the class target of a matched query is the IoU of its mask; earlier predictions
/// weigh less; mask losses are means over the frames of a clip.
namespace vcl::train {

/// Targets of B clips, padded to the same number N of objects. A value is the share of a mask cell that an object
/// covers.
struct Targets {
  at::Tensor masks;         ///< float [B, N, T, h, w], on the network's device
  std::vector<int> counts;  ///< number of objects per clip, at most N
  at::Tensor known{};       ///< float [B, T, h, w]: share of each cell that is labeled; undefined: all of it
};
/// `labels` is uint8 [B, T, H, W] with object numbers 1..counts[b] or kUnlabelled. `stride` is that of the masks.
Targets make_targets(const at::Tensor& labels, std::vector<int> counts, int stride);

struct Matches {
  std::vector<std::int64_t> prediction;  ///< index into the flattened [L, B, Q]
  std::vector<std::int64_t> target;      ///< index into the flattened [B, N]
  std::vector<std::int64_t> layer;
};
/// Returns the one-to-one matching of least cost for each prediction and clip. The cost is 2 class + 5 cross entropy +
/// 5 dice. `masks` are logits [L, B, Q, P], `classes` logits [L, B, Q, 2]. Throws Error(Invalid) if a clip has more
/// objects than queries. Returns no matches if a cost is not finite (the loss is not finite either then). Waits for the
/// device once.
Matches match(const at::Tensor& masks, const at::Tensor& classes, const Targets& targets);

/// The totals that losses are divided by: those of all that an update sees. If a batch is only a part of it, its losses
/// and gradients are summands.
struct WholeBatch {
  std::int64_t clips = 0;
  double objects = 0;
};

/// Scalars on the network's device. Reading one waits for the device.
struct Losses {
  at::Tensor total;                ///< the minimized value
  at::Tensor classes, mask, dice;  ///< of the last prediction, before weights, without gradient
  at::Tensor moves{};              ///< moves_loss, before its weight, without gradient
};

struct VideoLosses {
  double no_object = 0.3;  ///< weight of an unmatched query in the class loss
  bool drop = false;       ///< an unmatched query whose mask overlaps no label (IoU up to 0.01) has no class loss,
                           ///< because it may show an unlabeled object
};
/// Computes losses over the labeled share of each cell, in matching too. An unmatched query that lies mostly on
/// unlabeled cells has no class loss.
Losses video_losses(const std::vector<Prediction>& predictions, const Targets& targets, const VideoLosses& options,
                    const WholeBatch& batch);

/// Returns 3 cross entropy + dice loss per frame, averaged over the frames of the batch. `logits` [B * T, 1, h, w]
/// predict what moves; `moves` is uint8 [B, T, H, W] with values of Clip::moves. Each cell counts by its known share.
at::Tensor moves_loss(const at::Tensor& logits, const at::Tensor& moves, const WholeBatch& batch);

/// Returns cross entropy + 0.5 (1 - soft IoU) of logits [N, 1, h, w] against soft targets uint8 [N, H, W].
Losses dense_losses(const at::Tensor& logits, const at::Tensor& targets, const WholeBatch& batch);

}  // namespace vcl::train
