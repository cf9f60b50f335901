// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/predict.hpp"

#include <c10/core/GradMode.h>

#include "libvcl/engine/nn/layers.hpp"
#include "training/learning/clip_tensors.hpp"
#include "vcl/frame.hpp"

namespace vcl::train {
namespace {

constexpr std::array<float, 3> kMean{123.675F, 116.28F, 103.53F};

}  // namespace

bool is_dense(const Model& model) {
  return model.config.value("architecture", "") == kDenseArchitecture;
}

at::Device device_of(const Weights& weights) {
  return weights.tensors().begin()->second.device();
}

at::Tensor dense_logits(const at::Tensor& images, const Weights& w, const VideoConfig& config, bool training) {
  return conv2d(frame_features(images, w, config, training).mask_features, w / "dense_head");
}

at::Tensor photo_input(const Photo& photo, const Letterbox& letterbox) {
  FrameView view;
  view.size = photo.size;
  view.planes[0] = photo.rgb;
  view.strides[0] = std::ptrdiff_t(photo.size.width) * 3;
  at::Tensor canvas = at::empty({1, 3, letterbox.canvas.height, letterbox.canvas.width});
  frame_to_canvas(view, letterbox, kMean, canvas.mutable_data_ptr<float>());
  return normalise_images(canvas);
}

PhotoPrediction predict_photo(const Photo& photo, const Model& model) {
  const c10::NoGradGuard no_grad;
  const VideoConfig config = VideoConfig::from_json(model.config);
  const Letterbox box = letterbox_fit(photo.size, model.config.value("canvas_pixels", 15360), config.min_stride);
  const at::Tensor input = photo_input(photo, box).to(device_of(model.weights));
  PhotoPrediction prediction;
  at::Tensor logits;  // [1, Q, h, w]
  if (is_dense(model)) {
    logits = dense_logits(input, model.weights, config);
  } else {
    const Prediction last = decode_clip(frame_features(input, model.weights, config), 1, model.weights, config).back();
    logits = last.masks.squeeze(2);
    prediction.scores = last.classes[0].softmax(-1).select(1, 0).cpu();
  }
  logits = resize_bilinear(logits, box.canvas.height, box.canvas.width);
  logits = logits.narrow(2, 0, box.content.height).narrow(3, 0, box.content.width);
  prediction.logits = resize_bilinear(logits, photo.size.height, photo.size.width)[0].cpu();
  return prediction;
}

}  // namespace vcl::train
