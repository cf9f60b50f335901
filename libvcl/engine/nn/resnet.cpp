// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/nn/resnet.hpp"

#include "engine/nn/layers.hpp"

namespace vcl {
namespace {

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

/// A stem that takes more than pictures gets 0 for what is not known.
at::Tensor completed(const at::Tensor& images, const at::Tensor& weight) {
  const std::int64_t unknown = weight.size(1) - images.size(1);
  return unknown > 0 ? at::constant_pad_nd(images, {0, 0, 0, 0, 0, unknown}) : images;
}

}  // namespace

at::Tensor resnet_stem(const at::Tensor& images, const Weights& w, bool pool, bool training) {
  const Weights conv = w / "conv1";
  const at::Tensor x = conv_batch_norm(completed(images, conv["weight"]), conv, 2, training).relu_();
  return pool ? at::max_pool2d(x, 3, 2, 1) : x;
}

std::vector<at::Tensor> resnet(const at::Tensor& images, const Weights& w, bool stem_pool, bool training) {
  at::Tensor x = resnet_stem(images, w / "stem", stem_pool, training);
  std::vector<at::Tensor> features;
  for (const char* name : {"res2", "res3", "res4", "res5"}) {
    x = stage(x, w / name, features.empty() && stem_pool ? 1 : 2, training);
    features.push_back(x);
  }
  return features;
}

}  // namespace vcl
