// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/point_losses.hpp"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "vcl/error.hpp"
#include "vcl/tracking.hpp"

namespace vcl::train {
namespace {

constexpr double kClassWeight = 2, kMaskWeight = 5, kDiceWeight = 5, kNoObjectWeight = 0.1;

/// 1 - 2 |pq| / (|p| + |q|) with the sums smoothed by 1.
at::Tensor dice(const at::Tensor& products, const at::Tensor& p, const at::Tensor& q) {
  return 1 - (2 * products + 1) / (p + q + 1);
}

/// The least-cost assignment of every object to a query, by ascending query.
std::vector<std::pair<int, int>> assign(const at::Tensor& cost) {
  const int queries = int(cost.size(0)), objects = int(cost.size(1));
  if (objects > queries)
    throw Error(ErrorKind::Invalid, "a clip has " + std::to_string(objects) + " objects, the network only " +
                                        std::to_string(queries) + " queries");
  std::vector<std::pair<int, int>> pairs;
  const at::Tensor rows = cost.t().to(at::kCPU, at::kDouble).contiguous();
  if (objects == 0 || !at::isfinite(rows).all().item<bool>()) return pairs;
  const double* values = rows.const_data_ptr<double>();
  const std::vector<int> columns = assign_min_cost({objects, queries, {values, values + rows.numel()}});
  for (int object = 0; object < objects; ++object) pairs.emplace_back(columns[std::size_t(object)], object);
  std::ranges::sort(pairs);
  return pairs;
}

/// Cross entropy over all queries of all clips, in which those without an object weigh less.
at::Tensor class_loss(const at::Tensor& classes, const WholeBatch& batch, const PointLoss& loss) {
  at::Tensor labels = at::ones({classes.size(0), classes.size(1)}, classes.options().dtype(at::kLong));
  for (std::size_t clip = 0; clip < loss.pairs.size(); ++clip)
    for (const auto& [query, object] : loss.pairs[clip]) labels[std::int64_t(clip)][query] = 0;
  const at::Tensor sum = at::cross_entropy_loss(
      classes.transpose(1, 2), labels, at::tensor({1.0, kNoObjectWeight}, classes.options()), at::Reduction::Sum);
  return sum / (batch.objects + kNoObjectWeight * (double(batch.clips * classes.size(1)) - batch.objects));
}

/// The frames of all pairs as single maps, [pairs * T, 1, h, w]: logits, what they should be, and their clips.
struct PairedMaps {
  at::Tensor logits, targets;
  std::vector<std::int64_t> clips;
};
PairedMaps paired_maps(const at::Tensor& masks, const std::vector<at::Tensor>& objects, const PointLoss& loss) {
  std::vector<at::Tensor> logits, targets;
  std::vector<std::int64_t> clips;
  for (std::size_t clip = 0; clip < loss.pairs.size(); ++clip)
    for (const auto& [query, object] : loss.pairs[clip]) {
      logits.push_back(masks[std::int64_t(clip)][query].unsqueeze(1));
      targets.push_back(objects[clip][object].unsqueeze(1));
      clips.insert(clips.end(), std::size_t(masks.size(2)), std::int64_t(clip));
    }
  return {at::cat(logits), at::cat(targets), std::move(clips)};
}

void add_mask_losses(const at::Tensor& masks, const std::vector<at::Tensor>& objects, std::int64_t points,
                     double object_count, const DrawUniform& draw, PointLoss& loss) {
  const auto [logits, targets, clips] = paired_maps(masks, objects, loss);
  at::Tensor at_points, y;
  {
    const c10::NoGradGuard no_grad;
    at_points = uncertain_points(logits, clips, points, draw);
    y = sample_points(targets, at_points).squeeze(1);
  }
  const at::Tensor x = sample_points(logits, at_points).squeeze(1), p = x.sigmoid();
  loss.mask = at::binary_cross_entropy_with_logits(x, y, {}, {}, at::Reduction::None).mean(1).sum() / object_count;
  loss.dice = dice((p * y).sum(-1), p.sum(-1), y.sum(-1)).sum() / object_count;
}

PointLoss losses_of(const Prediction& prediction, const std::vector<at::Tensor>& objects, const WholeBatch& batch,
                    std::int64_t points, const DrawUniform& draw) {
  const at::Tensor classes = prediction.classes.to(at::kFloat), masks = prediction.masks.to(at::kFloat);
  PointLoss loss;
  for (std::size_t clip = 0; clip < objects.size(); ++clip) {
    const c10::NoGradGuard no_grad;
    const auto b = std::int64_t(clip);
    const at::Tensor shared = draw({b}, points);
    loss.pairs.push_back(assign(matching_cost(classes[b], masks[b], objects[clip], shared)));
  }
  loss.classes = class_loss(classes, batch, loss);
  const bool any = std::ranges::any_of(loss.pairs, [](const auto& pairs) { return !pairs.empty(); });
  loss.mask = loss.dice = masks.sum() * 0;  // of no object, but not without a gradient
  if (any) add_mask_losses(masks, objects, points, std::max(1.0, batch.objects), draw, loss);
  return loss;
}

}  // namespace

at::Tensor sample_points(const at::Tensor& maps, const at::Tensor& points) {
  constexpr std::int64_t kBilinear = 0, kZeros = 0;
  return at::grid_sampler_2d(maps, 2 * points.unsqueeze(2) - 1, kBilinear, kZeros, false).squeeze(3);
}

at::Tensor matching_cost(const at::Tensor& classes, const at::Tensor& masks, const at::Tensor& objects,
                         const at::Tensor& points) {
  const auto at_points = [&](const at::Tensor& maps) {
    return sample_points(maps, points.expand({maps.size(0), -1, -1})).flatten(1);  // [., T * P]
  };
  const at::Tensor x = at_points(masks), y = at_points(objects).t(), p = x.sigmoid();
  const at::Tensor entropy = (at::softplus(-x).matmul(y) + at::softplus(x).matmul(1 - y)) / double(x.size(1));
  const at::Tensor overlap = dice(p.matmul(y), p.sum(1, true), y.sum(0, true));
  return kMaskWeight * entropy - kClassWeight * classes.softmax(-1).narrow(1, 0, 1) + kDiceWeight * overlap;
}

at::Tensor uncertain_points(const at::Tensor& logits, const std::vector<std::int64_t>& clips, std::int64_t points,
                            const DrawUniform& draw) {
  constexpr std::int64_t kCandidates = 3;
  const std::int64_t uncertain = 3 * points / 4;
  const at::Tensor candidates = draw(clips, kCandidates * points);
  const at::Tensor certainty = sample_points(logits, candidates).squeeze(1).abs();
  const at::Tensor chosen = std::get<1>(certainty.topk(uncertain, 1, false));
  const at::Tensor near = candidates.gather(1, chosen.unsqueeze(2).expand({-1, -1, 2}));
  return at::cat({near, draw(clips, points - uncertain)}, 1);
}

PointLosses point_losses(const std::vector<Prediction>& predictions, const std::vector<at::Tensor>& objects,
                         const WholeBatch& batch, std::int64_t points, const DrawUniform& draw) {
  PointLosses losses;
  const auto add = [&](const Prediction& prediction) {
    const PointLoss& loss = losses.predictions.emplace_back(losses_of(prediction, objects, batch, points, draw));
    const at::Tensor weighted = kClassWeight * loss.classes + kMaskWeight * loss.mask + kDiceWeight * loss.dice;
    losses.total = losses.total.defined() ? losses.total + weighted : weighted;
  };
  add(predictions.back());
  for (std::size_t i = 0; i + 1 < predictions.size(); ++i) add(predictions[i]);
  return losses;
}

std::vector<at::Tensor> object_masks(const at::Tensor& labels, const std::vector<int>& counts) {
  std::vector<at::Tensor> masks;
  for (std::int64_t clip = 0; clip < labels.size(0); ++clip) {
    const at::Tensor numbers = at::arange(1, counts[std::size_t(clip)] + 1, labels.options()).view({-1, 1, 1, 1});
    masks.push_back(labels[clip].unsqueeze(0).eq(numbers).to(at::kFloat));
  }
  return masks;
}

}  // namespace vcl::train
