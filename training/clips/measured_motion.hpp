// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <span>

#include "training/clips/clip.hpp"

namespace vcl::train {

/// Fills `motion` of a clip's frames with what motion_planes() finds between them and their neighbours. `filmed` holds
/// the frames from time `first` on, as the clip does from time 0. `absent(frame, neighbour)`: whose planes stay 0.
void measure_motion(Clip& clip, const Clip& filmed, int first, std::span<const int> neighbours,
                    const std::function<bool(int frame, std::size_t neighbour)>& absent);

}  // namespace vcl::train
