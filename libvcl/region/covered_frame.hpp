// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vcl/frame.hpp"
#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace vcl {

/// The pixels of a frame inside of a box, which must lie in it. Where colors are stored for pairs of pixels and the box
/// begins between two, they lie a pixel aside.
FrameView crop(const FrameView& frame, const Box& box);

/// Copies of what is inside of a box, in which hidden pixels are mid gray. One thread.
class CoveredFrame {
 public:
  /// `mask`: of the size of the frames, 0 where they are hidden. The box must lie in it.
  CoveredFrame(const Mask& mask, const Box& box);

  /// The frame inside of the box. It is valid until the next call.
  FrameView cover(const FrameView& frame);

 private:
  struct Span {
    int row, first, count;
  };

  const Box box_;
  std::array<std::vector<Span>, 2> hidden_;  ///< samples of planes that have all pixels, and half the pixels a side
  std::array<std::vector<std::uint8_t>, 3> planes_;
};

}  // namespace vcl
