// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>

namespace vcl::train {

/// Returns a motion vector as a color. The direction is the hue, starting with red (to the right). The length is the
/// brightness, at its maximum from 1 on.
std::array<std::uint8_t, 3> flow_colour(float x, float y);

}  // namespace vcl::train
