// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/point_losses.hpp"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "vcl/error.hpp"
#include "vcl/tracking.hpp"

namespace vcl::train {
namespace {

constexpr double kClassWeight = 2, kMaskWeight = 5, kDiceWeight = 5, kNoObjectWeight = 0.1;
constexpr std::int64_t kCandidates = 3;  // candidates per point

/// Returns the number of points to choose where logits are nearest to 0. The other points are random.
std::int64_t uncertain(std::int64_t points) {
  return 3 * points / 4;
}

/// Returns 1 - 2 |pq| / (|p| + |q|), with 1 added to numerator and denominator.
at::Tensor dice(const at::Tensor& products, const at::Tensor& p, const at::Tensor& q) {
  return 1 - (2 * products + 1) / (p + q + 1);
}

using Pairs = std::vector<std::pair<int, int>>;

/// The drawn and computed values of a prediction before matching.
struct Unmatched {
  at::Tensor classes, masks;      // float32 logits [B, Q, 2] and [B, Q, T, h, w]
  std::vector<at::Tensor> costs;  // one [N, Q] per clip
  at::Tensor candidates, random;  // points [objects * T, ., 2] for the maps of all objects in all frames
};

/// Returns the clip of each map. There is one map per object and frame.
std::vector<std::int64_t> clips_of_maps(const std::vector<at::Tensor>& objects) {
  std::vector<std::int64_t> clips;
  for (std::size_t clip = 0; clip < objects.size(); ++clip)
    clips.insert(clips.end(), std::size_t(objects[clip].size(0) * objects[clip].size(1)), std::int64_t(clip));
  return clips;
}

Unmatched unmatched(const Prediction& prediction, const std::vector<at::Tensor>& objects, std::int64_t points,
                    const DrawUniform& draw) {
  const c10::NoGradGuard no_grad;
  Unmatched out{prediction.classes.to(at::kFloat), prediction.masks.to(at::kFloat), {}, {}, {}};
  for (std::size_t clip = 0; clip < objects.size(); ++clip) {
    const auto b = std::int64_t(clip);
    out.costs.push_back(matching_cost(out.classes[b], out.masks[b], objects[clip], draw({b}, points)).t());
  }
  const std::vector<std::int64_t> maps = clips_of_maps(objects);
  if (!maps.empty()) {
    out.candidates = draw(maps, kCandidates * points);
    out.random = draw(maps, points - uncertain(points));
  }
  return out;
}

/// Returns the matching of least cost of all objects to queries, sorted by query. `costs` is [objects, queries].
Pairs assign(const double* costs, int objects, int queries) {
  if (objects > queries)
    throw Error(ErrorKind::Invalid, "a clip has " + std::to_string(objects) + " objects, the network only " +
                                        std::to_string(queries) + " queries");
  Pairs pairs;
  if (objects == 0) return pairs;
  const std::vector<int> columns =
      assign_min_cost({objects, queries, {costs, costs + std::ptrdiff_t(objects) * queries}});
  for (int object = 0; object < objects; ++object) pairs.emplace_back(columns[std::size_t(object)], object);
  std::ranges::sort(pairs);
  return pairs;
}

/// Returns the pairs of each clip of each prediction. They are empty if a cost is not finite. Copies all costs from the
/// device at once.
std::vector<std::vector<Pairs>> match(const std::vector<Unmatched>& predictions) {
  std::vector<at::Tensor> flat;
  for (const Unmatched& prediction : predictions)
    for (const at::Tensor& cost : prediction.costs) flat.push_back(cost.flatten());
  const at::Tensor costs = at::cat(flat).to(at::kCPU, at::kDouble);
  const bool finite = at::isfinite(costs).all().item<bool>();
  const double* next = costs.const_data_ptr<double>();
  std::vector<std::vector<Pairs>> pairs;
  for (const Unmatched& prediction : predictions) {
    std::vector<Pairs>& clips = pairs.emplace_back();
    for (const at::Tensor& cost : prediction.costs) {
      clips.push_back(finite ? assign(next, int(cost.size(0)), int(cost.size(1))) : Pairs{});
      next += cost.numel();
    }
  }
  return pairs;
}

/// Returns [predictions, 2, pairs]: for each pair the row among the queries of all clips, and the row among the objects
/// of all clips.
at::Tensor index_of(const std::vector<std::vector<Pairs>>& pairs, const std::vector<at::Tensor>& objects,
                    std::int64_t queries, const at::Device& device) {
  std::vector<std::int64_t> rows, columns;
  for (const std::vector<Pairs>& clips : pairs) {
    columns.clear();
    std::int64_t first = 0;
    for (std::size_t clip = 0; clip < clips.size(); ++clip) {
      for (const auto& [query, object] : clips[clip]) {
        rows.push_back(std::int64_t(clip) * queries + query);
        columns.push_back(first + object);
      }
      first += objects[clip].size(0);
    }
    rows.insert(rows.end(), columns.begin(), columns.end());
  }
  return at::tensor(rows, at::kLong).view({std::int64_t(pairs.size()), 2, -1}).to(device);
}

/// Returns the cross entropy over all queries of all clips. Queries without an object weigh less.
at::Tensor class_loss(const at::Tensor& classes, const at::Tensor& rows, const WholeBatch& batch) {
  const at::Tensor labels =
      at::ones({classes.size(0) * classes.size(1)}, classes.options().dtype(at::kLong)).index_fill(0, rows, 0);
  at::Tensor weight = at::ones({2}, classes.options());
  weight[1].fill_(kNoObjectWeight);
  const double weights = batch.objects + kNoObjectWeight * (double(batch.clips * classes.size(1)) - batch.objects);
  return at::cross_entropy_loss(classes.flatten(0, 1), labels, weight, at::Reduction::Sum) / weights;
}

/// Returns the candidates where the logits [M, 1, h, w] are nearest to 0, followed by the random points.
at::Tensor uncertain_points(const at::Tensor& logits, const Unmatched& drawn, std::int64_t points) {
  const at::Tensor certainty = sample_points(logits, drawn.candidates).squeeze(1).abs();
  const at::Tensor chosen = std::get<1>(certainty.topk(uncertain(points), 1, false));
  return at::cat({drawn.candidates.gather(1, chosen.unsqueeze(2).expand({-1, -1, 2})), drawn.random}, 1);
}

/// `logits` and `targets` [pairs * T, 1, h, w] hold the frames of all pairs.
void add_mask_losses(const at::Tensor& logits, const at::Tensor& targets, const Unmatched& drawn, std::int64_t points,
                     const WholeBatch& batch, PointLoss& loss) {
  at::Tensor at_points, y;
  {
    const c10::NoGradGuard no_grad;
    at_points = uncertain_points(logits, drawn, points);
    y = sample_points(targets, at_points).squeeze(1);
  }
  const at::Tensor x = sample_points(logits, at_points).squeeze(1), p = x.sigmoid();
  const double count = std::max(1.0, batch.objects);
  loss.mask = at::binary_cross_entropy_with_logits(x, y, {}, {}, at::Reduction::None).mean(1).sum() / count;
  loss.dice = dice((p * y).sum(-1), p.sum(-1), y.sum(-1)).sum() / count;
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

PointLosses point_losses(const std::vector<Prediction>& predictions, const std::vector<at::Tensor>& objects,
                         const WholeBatch& batch, std::int64_t points, const DrawUniform& draw) {
  std::vector<const Prediction*> order{&predictions.back()};
  for (std::size_t i = 0; i + 1 < predictions.size(); ++i) order.push_back(&predictions[i]);
  const at::Tensor all_objects = at::cat(objects);  // [N of all clips, T, H, W]
  std::vector<Unmatched> drawn;
  for (const Prediction* prediction : order) drawn.push_back(unmatched(*prediction, objects, points, draw));
  const auto pairs = match(drawn);
  const at::Tensor index = index_of(pairs, objects, drawn[0].classes.size(1), all_objects.device());

  const auto frames_of = [](const at::Tensor& maps, const at::Tensor& rows) {
    return maps.index_select(0, rows).flatten(0, 1).unsqueeze(1);
  };
  PointLosses losses;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const at::Tensor classes = order[i]->classes.to(at::kFloat), masks = order[i]->masks.to(at::kFloat);
    const at::Tensor rows = index[std::int64_t(i)][0], columns = index[std::int64_t(i)][1];
    PointLoss& loss = losses.predictions.emplace_back();
    loss.pairs = pairs[i];
    loss.classes = class_loss(classes, rows, batch);
    loss.mask = loss.dice = masks.sum() * 0;  // 0 without objects, but with a gradient
    if (rows.size(0) > 0)
      add_mask_losses(frames_of(masks.flatten(0, 1), rows), frames_of(all_objects, columns), drawn[i], points, batch,
                      loss);
    const at::Tensor weighted = kClassWeight * loss.classes + kMaskWeight * loss.mask + kDiceWeight * loss.dice;
    losses.total = losses.total.defined() ? losses.total + weighted : weighted;
    drawn[i] = {};  // frees its many points
  }
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
