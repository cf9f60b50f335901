// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/clip.hpp"

namespace vcl::train {

/// Imitates coarse compression of a frame: rounds the cosine transform of each block of `side` x `side` pixels to
/// multiples of `step`, of more for higher frequencies.
void compress(Clip& clip, int frame, int side, float step);

}  // namespace vcl::train
