// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/idmap/track_list.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "vcl/error.hpp"

namespace gstvcl {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

bool TrackList::includes(std::uint64_t track_id) const {
  return ids.empty() || std::ranges::binary_search(ids, track_id);
}

TrackList parse_tracks(std::string_view text) {
  TrackList tracks;
  if (trimmed(text).empty()) return tracks;
  for (std::size_t begin = 0, comma = 0; comma != std::string_view::npos; begin = comma + 1) {
    comma = text.find(',', begin);
    const std::string_view digits = trimmed(text.substr(begin, comma - begin));
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
