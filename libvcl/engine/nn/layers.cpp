// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/nn/layers.hpp"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <optional>
#include <vector>

#include "libvcl/engine/nn/batch_norm.hpp"
#include "libvcl/engine/nn/winograd.hpp"
#include "vcl/instruction_set.hpp"

namespace vcl {
namespace {

constexpr std::int64_t kManyRows = 256;  // for fewer rows, the overhead of a convolution matters

// MKL does not use AVX-512 on AMD's processors. oneDNN, which computes convolutions, does: measured 1.7 times as fast.
bool prefers_convolution() {
  static const bool preferred = made_by_amd() && usable_instructions() >= InstructionSet::Avx512;
  return preferred;
}

bool is_one_pixel(const at::Tensor& weight) {
  return weight.size(2) == 1 && weight.size(3) == 1;
}

// every_pixel() and wide_enough() avoid two faults of LibTorch 2.13 (oneDNN 3.12) on AVX-512 without changing results:
// - It ends the process when it differentiates a 1x1 convolution with a stride: few float channels, channels last, two
//   threads or more.
// - It leaves parts of the gradient over a bfloat16 weight unset if the input is narrower than the stride.

/// Returns every `stride`th pixel in both directions, which is all that a 1x1 convolution reads. It is a mean over one
/// pixel instead of a slice, because its gradient is written once, with channels last.
at::Tensor every_pixel(const at::Tensor& x, int stride) {
  return at::avg_pool2d(x, 1, stride);
}

/// Pads the input to a width of at least `stride` pixels with the zeros that a convolution pads with anyway.
at::Tensor wide_enough(const at::Tensor& x, int stride) {
  return x.size(3) < stride ? at::constant_pad_nd(x, {0, stride - x.size(3)}) : x;
}

/// Returns whether a 1x1 convolution on an input with channels last should run as one matrix product. On one thread
/// LibTorch splits it into many small MKL products; a single product is a quarter faster.
bool is_linear_in_memory(const at::Tensor& x, const at::Tensor& weight, int stride) {
  return is_one_pixel(weight) && stride == 1 && x.is_cpu() && x.scalar_type() == at::kFloat &&
         at::get_num_threads() == 1 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const Weights& w) {
  return linear(x, w["weight"], w.find("bias"));
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const bool many_floats = x.is_cpu() && x.scalar_type() == at::kFloat && x.numel() >= kManyRows * x.size(-1);
  const bool trains = c10::GradMode::is_enabled() && weight.requires_grad();
  return prefers_convolution() && many_floats && !trains ? linear_by_convolution(x, weight, bias)
                                                         : at::linear(x, weight, bias);
}

at::Tensor linear_by_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const auto out = weight.size(0), in = weight.size(1);
  const at::Tensor pixels = x.reshape({1, -1, 1, in}).permute({0, 3, 1, 2});  // channels last, as in memory
  auto sizes = x.sizes().vec();
  sizes.back() = out;
  return at::conv2d(pixels, weight.view({out, in, 1, 1}), bias).permute({0, 2, 3, 1}).reshape(sizes);
}

at::Tensor layer_norm(const at::Tensor& x, const Weights& w, double eps) {
  return at::layer_norm(x, {x.size(-1)}, w["weight"], w["bias"], eps);
}

at::Tensor group_norm(const at::Tensor& x, const Weights& w, int groups) {
  return at::group_norm(x, groups, w["weight"], w["bias"], 1e-5);
}

at::Tensor conv2d(const at::Tensor& x, const Weights& w, int stride) {
  const at::Tensor& weight = w["weight"];
  if (stride > 1 && is_one_pixel(weight)) return conv2d(every_pixel(x, stride), w);
  if (is_linear_in_memory(x, weight, stride))
    return at::linear(x.permute({0, 2, 3, 1}), weight.flatten(1), w.find("bias")).permute({0, 3, 1, 2});
  const at::Tensor transformed = w.find("winograd");
  if (transformed.defined() && stride == 1 && winograd_pays(x)) return winograd_conv2d(x, transformed, w.find("bias"));
  return at::conv2d(wide_enough(x, stride), weight, w.find("bias"), stride, weight.size(-1) / 2);
}

at::Tensor conv_batch_norm(const at::Tensor& x, const Weights& w, int stride, bool training) {
  return batch_norm(conv2d(x, w, stride), w / "norm", training);
}

at::Tensor batch_norm(const at::Tensor& x, const Weights& w, bool training) {
  if (!w.has("running_var")) return x;
  if (training && w.has("num_batches_tracked"))
    return batch_norm_in_training(x, w["weight"], w["bias"], w["running_mean"], w["running_var"]);
  return at::batch_norm(x, w["weight"], w["bias"], w["running_mean"], w["running_var"], false, 0.1, 1e-5, false);
}

void prepare_for_inference(Weights& w) {
  TensorMap& tensors = w.tensors();
  const std::string suffix = ".norm.running_var";
  std::vector<std::string> convolutions;
  for (const auto& [name, tensor] : tensors)
    if (name.ends_with(suffix)) convolutions.push_back(name.substr(0, name.size() - suffix.size()));
  for (const std::string& conv : convolutions) {
    const auto norm = [&](const char* name) { return tensors.at(conv + ".norm." + name); };
    const at::Tensor scale = norm("weight") * at::rsqrt(norm("running_var") + 1e-5);
    tensors[conv + ".bias"] = norm("bias") - norm("running_mean") * scale;
    tensors[conv + ".weight"] = tensors.at(conv + ".weight") * scale.view({-1, 1, 1, 1});
    for (const char* name : {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"})
      tensors.erase(conv + ".norm." + name);
  }
  TensorMap transformed;
  const std::string weight = ".weight";
  for (auto& [name, tensor] : tensors) {
    if (tensor.dim() != 4) continue;
    tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
    if (name.ends_with(weight) && winograd_suits(tensor))
      transformed[name.substr(0, name.size() - weight.size()) + ".winograd"] = winograd_weight(tensor);
  }
  tensors.merge(transformed);
}

at::Tensor mlp(const at::Tensor& x, const Weights& w) {
  const int layers = w.count();
  at::Tensor y = x;
  for (int i = 0; i < layers; ++i) {
    y = linear(y, w / i);
    if (i + 1 < layers) y.relu_();
  }
  return y;
}

at::Tensor attention_projection(const at::Tensor& x, const Weights& w, AttentionInput which) {
  return at::linear(x, w["in_proj_weight"].chunk(3)[which], w["in_proj_bias"].chunk(3)[which]);
}

at::Tensor multihead_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Weights& w,
                               int heads, const at::Tensor& attend) {
  return attend_to(q, attention_projection(k, w, kKeys), attention_projection(v, w, kValues), w, heads, attend);
}

at::Tensor attend_to(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values, const Weights& w, int heads,
                     const at::Tensor& attend) {
  const auto split = [heads](const at::Tensor& x) { return x.unflatten(2, {heads, -1}).transpose(1, 2); };
  std::optional<at::Tensor> mask;
  if (attend.defined()) mask = attend;
  const at::Tensor queries = attention_projection(q, w, kQueries);
  const at::Tensor y = at::scaled_dot_product_attention(split(queries), split(keys), split(values), mask);
  return linear(y.transpose(1, 2).flatten(2), w / "out_proj");
}

at::Tensor resize_bilinear(const at::Tensor& x, std::int64_t height, std::int64_t width) {
  return at::upsample_bilinear2d(x, {height, width}, false);
}

}  // namespace vcl
