// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <span>
#include <vector>

#include "vcl/crf.hpp"

/// The dense CRF of vcl/crf.hpp on a CUDA device.
namespace vcl {

/// Returns whether this build has the kernels (-Dcuda=enabled).
bool has_cuda_crf();

/// Returns P(foreground) - P(background) of every pixel after the CRF: float [masks, height, width] on the device of
/// `rgb` (byte [height, width, 3]) and `masks` (byte [masks, height, width], foreground is nonzero). The same input
/// gives the same bits on every GPU. Throws Error(Library) if CUDA fails, and Error(Invalid) if the image spans too
/// many deviations.
at::Tensor cuda_crf_field(const at::Tensor& rgb, const at::Tensor& masks, const CrfSettings& settings);

/// Runs DenseCrf(rgb, size, settings).refine(masks) on the device, for input that check_crf_input() accepts.
std::vector<Mask> cuda_refine(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings,
                              std::span<const Mask> masks, at::Device device);

}  // namespace vcl
