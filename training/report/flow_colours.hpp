// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>

namespace vcl::train {

/// A way of the picture as a colour: its direction as the hue, from red (to the right) on, its length as the
/// brightness, full at 1.
std::array<std::uint8_t, 3> flow_colour(float x, float y);

}  // namespace vcl::train
