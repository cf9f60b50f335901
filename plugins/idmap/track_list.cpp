// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/idmap/track_list.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "support/text_list.hpp"
#include "vcl/error.hpp"

namespace gstvcl {
bool TrackList::includes(std::uint64_t track_id) const {
  return ids.empty() || std::ranges::binary_search(ids, track_id);
}

TrackList parse_tracks(std::string_view text) {
  TrackList tracks;
  for (const std::string_view digits : vcl::split_list(text)) {
    const char* end = digits.data() + digits.size();
    std::uint64_t id = 0;
    if (const auto [stop, error] = std::from_chars(digits.data(), end, id); error != std::errc() || stop != end)
      throw vcl::Error(vcl::ErrorKind::Invalid, "tracks: \"" + std::string(text) +
                                                    "\" is no list of track ids: write them with commas between, such "
                                                    "as 1,4,7, or nothing for all tracks.");
    tracks.ids.push_back(id);
  }
  std::ranges::sort(tracks.ids);
  return tracks;
}

}  // namespace gstvcl
