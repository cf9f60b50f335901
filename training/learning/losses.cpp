// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/losses.hpp"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <span>

#include "training/clips/clip.hpp"
#include "vcl/error.hpp"
#include "vcl/tracking.hpp"

namespace vcl::train {
namespace {

constexpr double kClassWeight = 2, kMaskWeight = 5, kDiceWeight = 5;
constexpr double kFirstPredictionWeight = 0.15;  // deep supervision, rising to 1 for the last prediction

constexpr double kOverlapsNothing = 0.01;  // IoU
constexpr double kMovesEntropyWeight = 3, kMovesSmooth = 5;

/// Returns the values weighted by the known share.
at::Tensor counted(const at::Tensor& values, const at::Tensor& known) {
  return known.defined() ? values * known : values;
}

/// Returns the cost of matching each prediction to each target: [L, B, Q, N].
at::Tensor costs(const at::Tensor& masks, const at::Tensor& classes, const Targets& targets) {
  const c10::NoGradGuard no_grad;
  const at::Tensor known = targets.known.defined() ? targets.known.flatten(1).unsqueeze(1) : targets.known;
  const at::Tensor x = masks.detach(), p = counted(x.sigmoid(), known),
                   t = targets.masks.flatten(2).transpose(1, 2).unsqueeze(0);  // [1, B, P, N]
  const at::Tensor entropy = (counted(at::softplus(x), known).sum(-1, true) - at::matmul(x, t)) / double(x.size(-1));
  const at::Tensor dice = 1 - (2 * at::matmul(p, t) + 1) / (p.sum(-1, true) + t.sum(2, true) + 1);
  const at::Tensor object = classes.detach().softmax(-1).narrow(-1, 0, 1);
  return -kClassWeight * object + kMaskWeight * entropy + kDiceWeight * dice;
}

/// Returns the rows prediction, target and layer in one tensor [3, matches], with one copy to the device.
at::Tensor index_rows(const Matches& matches, const at::Device& device) {
  std::vector<std::int64_t> rows;
  for (const auto* row : {&matches.prediction, &matches.target, &matches.layer})
    rows.insert(rows.end(), row->begin(), row->end());
  return at::tensor(rows, at::kLong).view({3, -1}).to(device);
}

/// Returns the dice loss, averaged over the frames of the clip: [M, T, h * w] -> [M].
at::Tensor dice_loss(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& known) {
  const at::Tensor p = counted(logits.sigmoid(), known);
  return (1 - (2 * (p * targets).sum(-1) + 1) / (p.sum(-1) + targets.sum(-1) + 1)).mean(1);
}

at::Tensor hard_iou(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& known) {
  at::Tensor a = logits.detach().flatten(1).gt(0);
  if (known.defined()) a = a.logical_and(known.flatten(1).gt(0.5));
  const at::Tensor b = targets.flatten(1).gt(0.5);
  const at::Tensor either = a.logical_or(b).sum(1).clamp_min(1);
  return a.logical_and(b).sum(1).to(at::kFloat) / either;
}

/// Returns [L * B * Q]: 1 for each prediction of [L, B, Q, P] whose mask overlaps a target, else 0.
at::Tensor overlaps_any(const at::Tensor& masks, const at::Tensor& targets) {
  const c10::NoGradGuard no_grad;
  const at::Tensor a = masks.detach().gt(0).to(at::kFloat);
  const at::Tensor b = targets.flatten(2).gt(0.5).to(at::kFloat).unsqueeze(0);  // [1, B, N, P]
  const at::Tensor both = at::matmul(a, b.transpose(-1, -2));                   // [L, B, Q, N]
  const at::Tensor either = a.sum(-1, true) + b.sum(-1).unsqueeze(-2) - both;
  return (both / either.clamp_min(1)).amax(-1).gt(kOverlapsNothing).to(at::kFloat).flatten();
}

/// Returns [L * B * Q]: 1 for each prediction of [L, B, Q, P] with at least half of its mask on known labels, else 0.
at::Tensor lies_where_known(const at::Tensor& masks, const at::Tensor& known) {
  const c10::NoGradGuard no_grad;
  const at::Tensor a = masks.detach().gt(0).to(at::kFloat), k = known.flatten(1).unsqueeze(1);  // k [B, 1, P]
  return (a * k).sum(-1).ge(0.5 * a.sum(-1)).to(at::kFloat).flatten();
}

}  // namespace

Targets make_targets(const at::Tensor& labels, std::vector<int> counts, int stride) {
  const int most = std::max(1, *std::max_element(counts.begin(), counts.end()));
  const at::Tensor numbers = at::arange(1, most + 1, labels.options()).view({1, most, 1, 1, 1});
  const at::Tensor masks = labels.unsqueeze(1).eq(numbers).to(at::kFloat);  // [B, N, T, H, W]
  const at::Tensor known = labels.ne(kUnlabelled);
  return {at::avg_pool2d(masks.flatten(0, 1), stride).unflatten(0, {labels.size(0), most}), std::move(counts),
          known.all().item<bool>() ? at::Tensor() : at::avg_pool2d(known.to(at::kFloat), stride)};
}

Matches match(const at::Tensor& masks, const at::Tensor& classes, const Targets& targets) {
  const at::Tensor cost = costs(masks, classes, targets).to(at::kCPU, at::kDouble).contiguous();
  const std::int64_t layers = cost.size(0), clips = cost.size(1), queries = cost.size(2), most = cost.size(3);
  Matches matches;
  if (!at::isfinite(cost).all().item<bool>()) return matches;
  const double* value = cost.const_data_ptr<double>();
  for (std::int64_t l = 0; l < layers; ++l)
    for (std::int64_t b = 0; b < clips; ++b) {
      const int count = targets.counts[b];
      if (count > queries)
        throw Error(ErrorKind::Invalid, "a clip has " + std::to_string(count) + " objects, the network only " +
                                            std::to_string(queries) + " queries");
      Similarity table{count, int(queries), std::vector<double>(std::size_t(count) * queries)};
      for (int j = 0; j < count; ++j)
        for (int q = 0; q < queries; ++q) table.at(j, q) = value[((l * clips + b) * queries + q) * most + j];
      const std::vector<int> columns = count > 0 ? assign_min_cost(table) : std::vector<int>{};
      for (int j = 0; j < count; ++j) {
        matches.prediction.push_back((l * clips + b) * queries + columns[j]);
        matches.target.push_back(b * most + j);
        matches.layer.push_back(l);
      }
    }
  return matches;
}

namespace {

/// Returns the losses of predictions whose masks have one size. `ramp` has the weight of each prediction.
Losses equal_losses(std::span<const Prediction> predictions, const Targets& targets, const at::Tensor& ramp,
                    const VideoLosses& options, const WholeBatch& batch) {
  std::vector<at::Tensor> all_masks, all_classes;
  for (const Prediction& prediction : predictions) {
    all_masks.push_back(prediction.masks.to(at::kFloat));
    all_classes.push_back(prediction.classes.to(at::kFloat));
  }
  const at::Tensor masks = at::stack(all_masks), classes = at::stack(all_classes);  // [L, B, Q, T, h, w], [L, B, Q, 2]
  const std::int64_t layers = masks.size(0), queries = masks.size(2), frames = masks.size(3),
                     cells = masks.size(4) * masks.size(5);
  const Matches matches = match(masks.flatten(3), classes, targets);
  const at::Tensor index = index_rows(matches, masks.device());
  const at::Tensor rows = index[0], columns = index[1], layer = index[2];
  const at::Tensor x = masks.flatten(0, 2).index_select(0, rows).view({-1, frames, cells});
  const at::Tensor y = targets.masks.flatten(0, 1).index_select(0, columns).view({-1, frames, cells});
  at::Tensor known;  // shaped like x
  if (targets.known.defined())
    known = targets.known.flatten(2).index_select(0, columns.floor_divide(targets.masks.size(1)));

  const auto per_layer = [&](const at::Tensor& loss) {  // sums over pairs, divided by the number of objects
    return at::zeros({layers}, masks.options()).index_add(0, layer, loss) / std::max(1.0, batch.objects);
  };
  const at::Tensor mask = per_layer((counted(at::softplus(x), known) - x * y).mean({1, 2}));
  const at::Tensor dice = per_layer(dice_loss(x, y, known));

  const at::Tensor flat = classes.flatten(0, 2).log_softmax(-1);
  const at::Tensor object = at::zeros({flat.size(0)}, masks.options()).index_copy(0, rows, hard_iou(x, y, known));
  at::Tensor weight = at::full({flat.size(0)}, options.no_object, masks.options());
  if (options.drop) weight = weight * overlaps_any(masks.flatten(3), targets.masks);
  if (targets.known.defined()) weight = weight * lies_where_known(masks.flatten(3), targets.known);
  weight = weight.index_fill(0, rows, 1);
  const at::Tensor entropy = -(object * flat.select(1, 0) + (1 - object) * flat.select(1, 1));
  const double weights = batch.objects + options.no_object * (double(batch.clips * queries) - batch.objects);
  const at::Tensor class_loss = (weight * entropy).view({layers, -1}).sum(1) / weights;

  at::Tensor total = (ramp * (kClassWeight * class_loss + kMaskWeight * mask + kDiceWeight * dice)).sum();
  if (matches.prediction.empty()) total = total + 0 * masks.sum();  // not finite if the masks are not
  return {total, class_loss[-1].detach(), mask[-1].detach(), dice[-1].detach(), {}};
}

}  // namespace

Losses video_losses(const std::vector<Prediction>& predictions, const Targets& targets, const VideoLosses& options,
                    const WholeBatch& batch) {
  const std::int64_t count = std::int64_t(predictions.size());
  const at::Tensor& last = predictions.back().masks;
  const at::Tensor ramp = count > 1 ? at::linspace(kFirstPredictionWeight, 1, count, last.options().dtype(at::kFloat))
                                    : at::ones({1}, last.options().dtype(at::kFloat));
  const std::span all(predictions);
  const std::int64_t finer = last.size(-1) / predictions.front().masks.size(-1);
  if (finer == 1) return equal_losses(all, targets, ramp, options, batch);
  Losses losses = equal_losses(all.last(1), targets, ramp.slice(0, count - 1), options, batch);
  const Targets coarse{at::avg_pool2d(targets.masks.flatten(0, 1), finer).unflatten(0, {targets.masks.size(0), -1}),
                       targets.counts, targets.known.defined() ? at::avg_pool2d(targets.known, finer) : at::Tensor()};
  losses.total =
      losses.total + equal_losses(all.first(all.size() - 1), coarse, ramp.slice(0, 0, count - 1), options, batch).total;
  return losses;
}

at::Tensor moves_loss(const at::Tensor& logits, const at::Tensor& moves, const WholeBatch& batch) {
  const std::int64_t stride = moves.size(-1) / logits.size(-1);
  const auto share = [stride](const at::Tensor& pixels) {
    return at::avg_pool2d(pixels.flatten(0, 1).to(at::kFloat).unsqueeze(1), stride).flatten(1);
  };
  const at::Tensor known = share(moves.ne(kUnknown)), y = share(moves.eq(kMoves));  // [B * T, h * w]
  const at::Tensor x = logits.to(at::kFloat).flatten(1), p = x.sigmoid() * known;
  const at::Tensor entropy = (at::softplus(x) * known - x * y).mean(1);
  const at::Tensor dice = 1 - (2 * (p * y).sum(1) + kMovesSmooth) / (p.sum(1) + y.sum(1) + kMovesSmooth);
  return (kMovesEntropyWeight * entropy + dice).sum() / double(batch.clips * moves.size(1));
}

Losses dense_losses(const at::Tensor& logits, const at::Tensor& targets, const WholeBatch& batch) {
  const at::Tensor x = logits.to(at::kFloat).squeeze(1), p = x.sigmoid();
  const std::int64_t stride = targets.size(-1) / logits.size(-1);
  const at::Tensor y = at::avg_pool2d(targets.to(at::kFloat).unsqueeze(1) / 255, stride).squeeze(1);
  const double share = double(x.size(0)) / double(batch.clips);
  const at::Tensor entropy = share * (at::softplus(x) - x * y).mean();
  const at::Tensor shared = (p * y).sum({1, 2}), either = (p + y - p * y).sum({1, 2});
  const at::Tensor dice = share * (1 - (shared + 1) / (either + 1)).mean();
  const at::Tensor none = at::zeros_like(entropy.detach());
  return {entropy + 0.5 * dice, none, entropy.detach(), dice.detach(), none};
}

}  // namespace vcl::train
