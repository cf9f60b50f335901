// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cmath>
#include <vector>

#include "crf_scenes.hpp"
#include "libvcl/cuda/dense_crf.hpp"
#include "libvcl/cuda/host_loops.hpp"

namespace vcl::test {

/// P(foreground) - P(background) of each mask's pixels, from the bodies of the CUDA kernels on the processor.
inline std::vector<float> twin_field(const Photo& photo, const std::vector<Mask>& masks,
                                     const CrfSettings& settings = {}) {
  std::vector<std::uint8_t> pixels;
  for (const Mask& mask : masks) pixels.insert(pixels.end(), mask.pixels.begin(), mask.pixels.end());
  std::vector<float> field(pixels.size(), std::nanf(""));
  HostLoops loops;
  infer_crf(loops, {photo.rgb.data(), photo.size, settings, pixels.data(), int(masks.size()), field.data()});
  return field;
}

}  // namespace vcl::test
