// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/movie_index.hpp"

#include <optional>
#include <string_view>
#include <vector>

#include "tools/media/file_bytes.hpp"

namespace vcl {
namespace {

constexpr double kShortest = 0.25;  // of the whole: the demuxer's own limit is a fifth, of rounded figures

/// What the boxes of this type hold, among those that `boxes` is made of.
std::vector<std::string_view> boxes_of(std::string_view boxes, std::string_view type) {
  std::vector<std::string_view> found;
  while (boxes.size() >= 8) {
    const std::uint64_t size = big_endian(boxes.substr(0, 4));
    if (size < 8 || size > boxes.size()) break;
    if (boxes.substr(4, 4) == type) found.push_back(boxes.substr(8, size - 8));
    boxes.remove_prefix(size);
  }
  return found;
}

struct Length {
  std::string_view text;  // the field with the duration
  double seconds;
};

/// The length that a movie's or a track's header states.
std::optional<Length> length_in(const std::vector<std::string_view>& headers) {
  if (headers.empty() || headers.front().empty()) return {};
  const std::string_view header = headers.front();
  const std::size_t width = header[0] == 1 ? 8 : 4, scale = 4 + 2 * width;
  if (header.size() < scale + 4 + width) return {};
  const std::uint64_t per_second = big_endian(header.substr(scale, 4));
  const std::string_view text = header.substr(scale + 4, width);
  if (per_second == 0) return {};
  return Length{text, double(big_endian(text)) / double(per_second)};
}

}  // namespace

bool keep_short_tracks(std::string& index) {
  const std::vector<std::string_view> movies = boxes_of(index, "moov");
  if (movies.empty()) return false;
  const auto whole = length_in(boxes_of(movies.front(), "mvhd"));
  if (!whole) return false;
  for (const std::string_view track : boxes_of(movies.front(), "trak"))
    for (const std::string_view media : boxes_of(track, "mdia")) {
      const auto length = length_in(boxes_of(media, "mdhd"));
      if (!length || length->seconds > kShortest * whole->seconds) continue;
      index.replace(std::size_t(whole->text.data() - index.data()), whole->text.size(), whole->text.size(), '\0');
      return true;
    }
  return false;
}

}  // namespace vcl
