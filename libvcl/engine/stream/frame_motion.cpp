// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/frame_motion.hpp"

#include "libvcl/engine/motion/motion_contrast.hpp"
#include "libvcl/engine/stream/lightness.hpp"

namespace vcl {

at::Tensor FrameMotion::next(const at::Tensor& canvas, const Letterbox& letterbox, Size cells) {
  Plane now = lightness(canvas, letterbox.content);
  if (before_.values.empty()) {
    before_ = std::move(now);
    return at::ones({cells.height, cells.width});
  }
  Plane contrast = motion_contrast(optical_flow(now, before_));
  before_ = std::move(now);
  const at::Tensor pixels = at::from_blob(contrast.values.data(), {1, contrast.height, contrast.width});
  return at::adaptive_avg_pool2d(pixels, {cells.height, cells.width})[0];
}

}  // namespace vcl
