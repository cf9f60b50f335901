// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gstvcl {

/// Track ids in ascending order. An empty list means all tracks.
struct TrackList {
  std::vector<std::uint64_t> ids;

  bool includes(std::uint64_t track_id) const;
};

/// Parses decimal ids separated by commas, such as "1,4,7"; blanks are ignored. An empty text gives an empty list.
/// Throws vcl::Error(Invalid) for any other text.
TrackList parse_tracks(std::string_view text);

}  // namespace gstvcl
