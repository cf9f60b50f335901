// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

/// Convolutions with Winograd's minimal filtering: a quarter of the products, float32, on the CPU, without gradients.
namespace vcl {

/// Returns whether kernels [out, in, k, k] are suitable and have a size for which it is faster.
bool winograd_suits(const at::Tensor& weight);
/// Returns the transformed kernels: [points, in, out], contiguous.
at::Tensor winograd_weight(const at::Tensor& weight);

/// Returns whether this image, [N, C, H, W], is suitable and has a size for which it is faster.
bool winograd_pays(const at::Tensor& x);
/// Convolves with stride 1 and `same` padding by transformed kernels; bias [out] or undefined. Channels last.
at::Tensor winograd_conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace vcl
