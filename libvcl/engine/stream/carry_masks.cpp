// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/carry_masks.hpp"

#include "libvcl/engine/motion/motion_planes.hpp"

namespace vcl {
namespace {

/// Returns the centers of n cells from -1 to 1, in the coordinates of grid_sampler.
at::Tensor middles(std::int64_t n) {
  return (at::arange(n, at::kFloat) * 2 + 1) / double(n) - 1;
}

}  // namespace

CellMotion cell_motion(const at::Tensor& planes, int stride) {
  if (!planes[kKnownPlane].any().item<bool>()) return {};
  static_assert(kErrorPlane == kFlowPlane + 2);
  const at::Tensor cells = at::avg_pool2d(planes.slice(0, kFlowPlane, kErrorPlane + 1).unsqueeze(0), stride)[0];
  const at::Tensor flow = cells.slice(0, 0, 2) * (double(kFlowUnit) / stride);
  return {flow.permute({1, 2, 0}), (1 + cells[2].square()).reciprocal()};
}

at::Tensor carry(const at::Tensor& logits, const CellMotion& motion) {
  const std::int64_t height = logits.size(1), width = logits.size(2);
  const at::Tensor sides = at::tensor({2.0F / float(width), 2.0F / float(height)});
  const at::Tensor place = at::stack(
      {middles(width).unsqueeze(0).expand({height, width}), middles(height).unsqueeze(1).expand({height, width})}, -1);
  constexpr std::int64_t kBilinear = 0, kBorder = 1;
  const at::Tensor fetched = at::grid_sampler_2d(logits.unsqueeze(0), (place + motion.back * sides).unsqueeze(0),
                                                 kBilinear, kBorder, false)[0];
  // Background needs no trust: pixels that were not in the mask do not join it by themselves.
  return at::where(fetched.gt(0), fetched * motion.trust, fetched);
}

}  // namespace vcl
