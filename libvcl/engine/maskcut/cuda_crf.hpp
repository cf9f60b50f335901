// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <span>
#include <vector>

#include "vcl/crf.hpp"

/// The dense CRF of vcl/crf.hpp on a CUDA device.
namespace vcl {

/// Whether this build has the kernels (-Dcuda=enabled).
bool has_cuda_crf();

/// P(foreground) - P(background) of every pixel after the CRF: float [masks, height, width] on the device of `rgb`
/// (byte [height, width, 3]) and `masks` (byte [masks, height, width], foreground is what is not 0). Same input, same
/// bits, on every GPU. Throws Error(Library) where CUDA fails, Error(Invalid) when the image spans too many deviations.
at::Tensor cuda_crf_field(const at::Tensor& rgb, const at::Tensor& masks, const CrfSettings& settings);

/// DenseCrf(rgb, size, settings).refine(masks) there, for input that check_crf_input() let through.
std::vector<Mask> cuda_refine(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings,
                              std::span<const Mask> masks, at::Device device);

}  // namespace vcl
