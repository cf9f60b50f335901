// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/evaluate.hpp"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "libvcl/engine/nn/layers.hpp"
#include "training/learning/clip_tensors.hpp"
#include "training/learning/predict.hpp"

namespace vcl::train {
namespace {

struct Score {
  double iou = 0;
  std::int64_t index = 0;
};

/// Returns [Q]: for each of the masks [Q, ...] its best IoU with one of the targets [N, ...] (bool).
at::Tensor best_iou(const at::Tensor& masks, const at::Tensor& targets) {
  const at::Tensor a = masks.flatten(1).to(at::kFloat), b = targets.flatten(1).to(at::kFloat);
  const at::Tensor shared = a.matmul(b.t());
  const at::Tensor either = a.sum(1, true) + b.sum(1).unsqueeze(0) - shared;
  return std::get<0>((shared / either.clamp_min(1)).max(1));
}

at::Tensor instance_masks(const at::Tensor& labels, int instances) {
  const at::Tensor numbers = at::arange(1, instances + 1, labels.options());
  return labels.unsqueeze(0).eq(numbers.view({-1, 1, 1, 1}));
}

at::Tensor bytes(const std::uint8_t* data, at::IntArrayRef shape) {
  return at::from_blob(const_cast<std::uint8_t*>(data), shape, at::kByte);
}

/// Returns the three queries with the highest scores as an instance map, higher scores on top.
std::vector<std::uint8_t> draw_queries(const at::Tensor& logits, const at::Tensor& scores) {
  at::Tensor ids = at::zeros({logits.size(1), logits.size(2)}, at::kByte);
  const at::Tensor order = scores.argsort(-1, true);
  for (std::int64_t k = std::min<std::int64_t>(3, order.size(0)) - 1; k >= 0; --k)
    ids.masked_fill_(logits[order[k].item<std::int64_t>()].gt(0), k + 1);
  return {ids.const_data_ptr<std::uint8_t>(), ids.const_data_ptr<std::uint8_t>() + ids.numel()};
}

Picture picture_of(const Photo& photo, const PhotoPrediction& prediction, double top, double best) {
  const std::size_t pixels = std::size_t(photo.size.width) * photo.size.height;
  Picture picture{photo.size, {photo.rgb, photo.rgb + 3 * pixels}, {}, {}};
  const bool dense = !prediction.scores.defined();
  picture.ids = draw_queries(prediction.logits, dense ? at::ones({1}) : prediction.scores);
  char text[64];
  if (dense)
    std::snprintf(text, sizeof text, "IoU %.2f", top);
  else
    std::snprintf(text, sizeof text, "%.2f top %.2f best %.2f", prediction.scores.max().item<double>(), top, best);
  picture.caption = text;
  return picture;
}

}  // namespace

Quality evaluate_photos(const LabelledPhotos& photos, const Model& model, std::vector<Picture>* pictures,
                        std::size_t most_pictures) {
  const c10::NoGradGuard no_grad;
  Quality quality;
  int counted = 0;
  for (const std::size_t index : photos.held_out) {
    const Photo& photo = photos.photos[index];
    const at::Tensor labels = bytes(photo.labels, {1, photo.size.height, photo.size.width});
    const PhotoPrediction prediction = predict_photo(photo, model);
    const at::Tensor targets =
        is_dense(model) ? labels.unsqueeze(0).ge(128) : instance_masks(labels, std::max(1, labels.max().item<int>()));
    const at::Tensor ious = best_iou(prediction.logits.gt(0), targets);
    const std::int64_t first = prediction.scores.defined() ? prediction.scores.argmax().item<std::int64_t>() : 0;
    const double top = ious[first].item<double>(), best = ious.max().item<double>();
    quality.top += top;
    quality.best += best;
    ++counted;
    if (pictures && pictures->size() < most_pictures) pictures->push_back(picture_of(photo, prediction, top, best));
  }
  quality.top /= std::max(1, counted);
  quality.best /= std::max(1, counted);
  return quality;
}

namespace {

/// Returns the IoU of the predicted moving pixels [T, 1, h, w] with the known ones, or nullopt if the network does not
/// predict them or nothing is known to move.
std::optional<double> moves_iou(const at::Tensor& logits, const at::Tensor& moves) {
  const at::Tensor truth = moves.eq(kMoves), known = moves.ne(kUnknown);
  if (!logits.defined() || !truth.any().item<bool>()) return std::nullopt;
  const at::Tensor said = resize_bilinear(logits, moves.size(1), moves.size(2)).squeeze(1).gt(0).logical_and(known);
  return best_iou(said.unsqueeze(0), truth.unsqueeze(0)).item<double>();
}

}  // namespace

Quality evaluate_clips(const std::vector<Clip>& clips, const Model& model) {
  const c10::NoGradGuard no_grad;
  const VideoConfig config = VideoConfig::from_json(model.config);
  const at::Device device = device_of(model.weights);
  Quality quality;
  int counted = 0, moving = 0;
  for (const Clip& clip : clips) {
    const ClipTensors tensors = to_device(clip_tensors({clip}, device), device);
    const std::int64_t height = clip.canvas.height, width = clip.canvas.width;
    const FrameFeatures features = frame_features(network_input(tensors), model.weights, config);
    if (tensors.moves.defined())
      if (const std::optional<double> iou = moves_iou(features.moves, tensors.moves[0]))
        quality.moves += *iou, ++moving;
    if (clip.instances == 0) continue;
    const at::Tensor labels = tensors.labels[0], labelled = labels.ne(kUnlabelled);
    const Prediction last = decode_clip(features, 1, model.weights, config).back();
    const at::Tensor masks = resize_bilinear(last.masks[0], height, width).gt(0).logical_and(labelled);  // [Q, T, H, W]
    const at::Tensor ious = best_iou(masks, instance_masks(labels, clip.instances));
    quality.top += ious[last.classes[0].softmax(-1).select(1, 0).argmax()].item<double>();
    quality.best += ious.max().item<double>();
    ++counted;
  }
  quality.top /= std::max(1, counted);
  quality.best /= std::max(1, counted);
  quality.moves /= std::max(1, moving);
  return quality;
}

}  // namespace vcl::train
