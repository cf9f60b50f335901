// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gstvcl {

/// Track ids in ascending order; none stands for all tracks.
struct TrackList {
  std::vector<std::uint64_t> ids;

  bool includes(std::uint64_t track_id) const;
};

/// Decimal ids with commas between, such as "1,4,7"; blanks are passed over. Throws vcl::Error(Invalid) on any other
/// text but an empty one.
TrackList parse_tracks(std::string_view text);

}  // namespace gstvcl
