// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <limits>

namespace gstvcl {

/// The pixels of a track in a map of ids, and its place in the palette: 1 to `values`, the track's id where that is one
/// of them; 0 is background. Tracks whose ids differ by a multiple of `values` look alike.
template <typename Value>
constexpr Value region_id(std::uint64_t track_id) {
  return Value((track_id - 1) % std::numeric_limits<Value>::max() + 1);
}

}  // namespace gstvcl
