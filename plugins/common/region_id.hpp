// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace gstvcl {

/// The pixels of a track in a map of ids: 1 to `values`, the same as long as the track lasts; 0 is background. Tracks
/// whose ids differ by a multiple of `values` look alike.
constexpr std::uint64_t region_id(std::uint64_t track_id, std::uint64_t values) {
  return track_id % values + 1;
}

}  // namespace gstvcl
