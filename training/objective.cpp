// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/objective.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include "engine/precision.hpp"
#include "training/evaluate.hpp"
#include "training/point_losses.hpp"

namespace vcl::train {
namespace {

/// Depends on the seed alone, so that a resumed run draws what it would have drawn.
at::Generator generator_on(const at::Device& device, std::uint64_t seed) {
  if (!device.is_cuda()) return at::detail::createCPUGenerator(seed);
  at::Generator generator = at::detail::getCUDAHooks().getNewGenerator(device.index());
  generator.set_current_seed(seed);
  return generator;
}

Losses paper_losses(const std::vector<Prediction>& predictions, const ClipTensors& batch, const UpdateSize& update,
                    std::uint64_t seed) {
  const at::Generator generator = generator_on(batch.labels.device(), seed);
  const auto draw = [&](at::IntArrayRef shape) {
    return at::rand(shape, generator, at::TensorOptions(at::kFloat).device(batch.labels.device()));
  };
  const PointLosses losses =
      point_losses(predictions, object_masks(batch.labels, batch.counts), kPaperPoints, draw, update);
  const PointLoss& last = losses.predictions.front();
  return {losses.total, last.classes.detach(), last.mask.detach(), last.dice.detach()};
}

}  // namespace

Losses losses_of(const ClipTensors& bytes, const Weights& weights, const VideoConfig& config,
                 const Objective& objective, const UpdateSize& update, std::uint64_t point_seed) {
  const at::Device device = device_of(weights);
  const ClipTensors batch = to_device(bytes, device);
  const at::Tensor images = normalise_images(batch.images.to(at::kFloat)).contiguous(at::MemoryFormat::ChannelsLast);
  const auto clips = std::int64_t(batch.counts.size());
  if (objective.kind == Objective::Kind::Dense) {
    at::Tensor logits;
    {
      const ProductPrecision products(device.type(), objective.precision);
      logits = dense_logits(images, weights, config, true);
    }
    return dense_losses(logits, batch.labels.squeeze(1), update);
  }
  std::vector<Prediction> predictions;
  {
    const ProductPrecision products(device.type(), objective.precision);
    predictions = decode_clip(frame_features(images, weights, config, true), clips, weights, config, true);
  }
  if (objective.kind == Objective::Kind::Paper) return paper_losses(predictions, batch, update, point_seed);
  return video_losses(predictions, make_targets(batch.labels, batch.counts), objective.no_object, update);
}

}  // namespace vcl::train
