// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <span>

#include "training/clips/clip.hpp"

namespace vcl::train {

/// Sets the `motion` of a clip to motion_planes() between its frames and their neighbors. Frame 0 of `filmed` is at
/// time `first`; frame 0 of the clip is at time 0. If absent(frame, neighbour) is true, those planes stay 0.
void measure_motion(Clip& clip, const Clip& filmed, int first, std::span<const int> neighbours,
                    const std::function<bool(int frame, std::size_t neighbour)>& absent);

}  // namespace vcl::train
