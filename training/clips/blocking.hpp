// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/clip.hpp"

namespace vcl::train {

/// What coarse compression leaves of a frame: the cosine transform of each block of `side` pixels squared rounded to
/// steps of `step` values, larger ones for finer waves.
void compress(Clip& clip, int frame, int side, float step);

}  // namespace vcl::train
