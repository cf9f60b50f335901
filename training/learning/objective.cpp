// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/objective.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include "libvcl/engine/precision.hpp"
#include "training/learning/point_losses.hpp"
#include "training/learning/predict.hpp"

namespace vcl::train {
namespace {

/// Returns a generator that depends only on the seed, so that a resumed run draws the same numbers.
at::Generator generator_on(const at::Device& device, std::uint64_t seed) {
  if (!device.is_cuda()) return at::detail::createCPUGenerator(seed);
  at::Generator generator = at::detail::getCUDAHooks().getNewGenerator(device.index());
  generator.set_current_seed(seed);
  return generator;
}

/// Returns the runs of equal numbers, each with its length.
std::vector<std::pair<std::int64_t, std::int64_t>> runs_of(const std::vector<std::int64_t>& numbers) {
  std::vector<std::pair<std::int64_t, std::int64_t>> runs;
  for (const std::int64_t number : numbers) {
    if (runs.empty() || runs.back().first != number) runs.emplace_back(number, 0);
    ++runs.back().second;
  }
  return runs;
}

Losses paper_losses(const std::vector<Prediction>& predictions, const ClipTensors& batch, const WholeBatch& whole,
                    const std::vector<std::uint64_t>& seeds) {
  const at::Device device = batch.labels.device();
  std::vector<at::Generator> generators;
  for (const std::uint64_t seed : seeds) generators.push_back(generator_on(device, seed));
  const auto draw = [&](const std::vector<std::int64_t>& clip_of_row, std::int64_t points) {
    std::vector<at::Tensor> rows;
    for (const auto& [clip, count] : runs_of(clip_of_row))
      rows.push_back(
          at::rand({count, points, 2}, generators[std::size_t(clip)], at::TensorOptions(at::kFloat).device(device)));
    return at::cat(rows);
  };
  const PointLosses losses =
      point_losses(predictions, object_masks(batch.labels, batch.counts), whole, kPaperPoints, draw);
  const PointLoss& last = losses.predictions.front();
  return {losses.total, last.classes.detach(), last.mask.detach(), last.dice.detach(), {}};
}

}  // namespace

Losses losses_of(const ClipTensors& bytes, const Weights& weights, const VideoConfig& config,
                 const Objective& objective, const WholeBatch& whole, const std::vector<std::uint64_t>& point_seeds) {
  const at::Device device = device_of(weights);
  const ClipTensors batch = to_device(bytes, device);
  const at::Tensor images = network_input(batch);
  const auto clips = std::int64_t(batch.counts.size());
  if (objective.kind == Objective::Kind::Dense) {
    at::Tensor logits;
    {
      const ProductPrecision products(device.type(), objective.precision);
      logits = dense_logits(images, weights, config, true);
    }
    return dense_losses(logits, batch.labels.squeeze(1), whole);
  }
  std::vector<Prediction> predictions;
  at::Tensor moves;
  {
    const ProductPrecision products(device.type(), objective.precision);
    const FrameFeatures features = frame_features(images, weights, config, true);
    moves = features.moves;
    predictions = decode_clip(features, clips, weights, config, true);
  }
  const int stride = int(batch.labels.size(-1) / predictions.back().masks.size(-1));
  Losses losses =
      objective.kind == Objective::Kind::Paper
          ? paper_losses(predictions, batch, whole, point_seeds)
          : video_losses(predictions, make_targets(batch.labels, batch.counts, stride), objective.losses, whole);
  losses.moves = at::zeros({}, batch.labels.options().dtype(at::kFloat));
  if (moves.defined() && batch.moves.defined()) {
    const at::Tensor loss = moves_loss(moves, batch.moves, whole);
    losses.moves = loss.detach();
    losses.total = losses.total + objective.moves * loss;
  }
  return losses;
}

}  // namespace vcl::train
