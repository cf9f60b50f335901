// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cmath>

#include "libvcl/engine/nn/layers.hpp"
#include "vcl/model.hpp"

namespace vcl {

/// Returns the published video network (ResNet-50) on a device, as the engine holds it. Its random weights keep values
/// near one.
inline Weights random_network(at::Device device = at::kCPU) {
  TensorMap tensors;
  for (const auto& [name, shape] : official_tensors("video_mask2former_r50")) {
    const at::Tensor random = at::randn(shape);
    const bool is_norm = name.find("norm") != std::string::npos;
    at::Tensor values = shape.size() > 1 ? random * std::sqrt(double(shape[0]) / double(random.numel())) : random;
    if (is_norm) values = name.ends_with("weight") || name.ends_with("var") ? at::ones(shape) : 0.1 * random;
    tensors[name] = values.to(device);
  }
  Weights weights(std::move(tensors));
  prepare_for_inference(weights);
  return weights;
}

}  // namespace vcl
