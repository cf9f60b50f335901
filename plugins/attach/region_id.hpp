// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <limits>

namespace gstvcl {

/// Returns the pixel value of a track in an id map, which is also its index in the palette: 1 to the maximum of Value,
/// equal to the track id if it fits; 0 is background. Tracks whose ids differ by a multiple of the maximum get the same
/// value.
template <typename Value>
constexpr Value region_id(std::uint64_t track_id) {
  return Value((track_id - 1) % std::numeric_limits<Value>::max() + 1);
}

}  // namespace gstvcl
