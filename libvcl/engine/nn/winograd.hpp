// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

/// Convolutions by Winograd's minimal filtering: a quarter of the products, float32, on the CPU, without gradients.
namespace vcl {

/// Whether kernels [out, in, k, k] can be used so, and are of a size where it pays.
bool winograd_suits(const at::Tensor& weight);
/// Such kernels, transformed: [points, in, out], contiguous.
at::Tensor winograd_weight(const at::Tensor& weight);

/// Whether it can serve this image, [N, C, H, W], and is of a size where it pays.
bool winograd_pays(const at::Tensor& x);
/// The convolution with stride 1 and `same` padding by transformed kernels; bias [out] or undefined. Channels last.
at::Tensor winograd_conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace vcl
