// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/nn/resnet.hpp"

#include "libvcl/engine/nn/layers.hpp"

namespace vcl {
namespace {

constexpr std::int64_t kRgb = 3;

at::Tensor block(const at::Tensor& x, const Weights& w, int stride, bool training) {
  const bool bottleneck = w.has("conv3");
  at::Tensor y = conv_batch_norm(x, w / "conv1", bottleneck ? 1 : stride, training).relu_();
  y = conv_batch_norm(y, w / "conv2", bottleneck ? stride : 1, training);
  if (bottleneck) y = conv_batch_norm(y.relu_(), w / "conv3", 1, training);
  const at::Tensor shortcut = w.has("shortcut") ? conv_batch_norm(x, w / "shortcut", stride, training) : x;
  return y.add_(shortcut).relu_();
}

at::Tensor stage(at::Tensor x, const Weights& w, int stride, bool training) {
  const int blocks = w.count();
  for (int i = 0; i < blocks; ++i) x = block(x, w / i, i == 0 ? stride : 1, training);
  return x;
}

/// The convolution of a stem that takes more planes than the three colors. The results for colors and for other planes
/// are computed separately and added, so planes that are absent or have zero weights do not change a single bit.
at::Tensor wide_convolution(const at::Tensor& images, const Weights& w, int stride) {
  const auto part = [](const at::Tensor& x, std::int64_t first, std::int64_t end) {
    return x.slice(1, first, end).contiguous(at::MemoryFormat::ChannelsLast);
  };
  const at::Tensor& weight = w["weight"];
  const std::int64_t planes = images.size(1), padding = weight.size(-1) / 2;
  const at::Tensor seen = at::conv2d(part(images, 0, kRgb), part(weight, 0, kRgb), w.find("bias"), stride, padding);
  if (planes == kRgb) return seen;
  return seen + at::conv2d(part(images, kRgb, planes), part(weight, kRgb, planes), {}, stride, padding);
}

}  // namespace

at::Tensor resnet_stem(const at::Tensor& images, const Weights& w, bool pool, bool training) {
  constexpr int kStride = 2;
  const Weights conv = w / "conv1";
  const bool wide = conv["weight"].size(1) > kRgb;
  const at::Tensor x = (wide ? batch_norm(wide_convolution(images, conv, kStride), conv / "norm", training)
                             : conv_batch_norm(images, conv, kStride, training))
                           .relu_();
  return pool ? at::max_pool2d(x, 3, 2, 1) : x;
}

std::vector<at::Tensor> resnet(const at::Tensor& images, const Weights& w, bool stem_pool, bool training) {
  std::vector<at::Tensor> features{resnet_stem(images, w / "stem", stem_pool, training)};
  for (const char* name : {"res2", "res3", "res4", "res5"}) {
    const int stride = features.size() == 1 && stem_pool ? 1 : 2;
    features.push_back(stage(features.back(), w / name, stride, training));
  }
  return features;
}

}  // namespace vcl
