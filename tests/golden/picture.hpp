// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vcl/frame.hpp"

namespace vcl::golden {

struct Picture {
  Size size;
  std::vector<std::uint8_t> rgb;
  FrameView view() const {
    FrameView frame;
    frame.size = size;
    frame.planes[0] = rgb.data();
    frame.strides[0] = std::ptrdiff_t(3) * size.width;
    return frame;
  }
};

/// The pixels of a PNG. A build without OpenCV reads <name>.ppm in the folder $VCL_PPM_DIR instead (tests/gpu.sh makes
/// them). Throws, and so fails the test, when there are none.
Picture read_rgb(const std::string& path);

}  // namespace vcl::golden
