// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/movie_index.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "tools/media/file_bytes.hpp"

namespace vcl {
namespace {

constexpr double kShortest = 0.25;    // of the whole: the demuxer's own limit is a fifth, of rounded figures
constexpr double kMostLeftOut = 0.1;  // seconds that encoders put in front

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
  double parts, parts_per_second;

  double seconds() const { return parts / parts_per_second; }
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
  return Length{text, double(big_endian(text)), double(per_second)};
}

/// How much of a track its first edit leaves out in front, in the track's own parts of a second.
double left_out_in(std::string_view track) {
  for (const std::string_view edits : boxes_of(track, "edts"))
    for (const std::string_view list : boxes_of(edits, "elst")) {
      const std::size_t width = !list.empty() && list[0] == 1 ? 8 : 4;
      if (list.size() < 8 + 2 * width) continue;
      const std::uint64_t begin = big_endian(list.substr(8 + width, width));
      const bool is_pause = begin >> (8 * width - 1) != 0;  // negative
      return is_pause ? 0 : double(begin);
    }
  return 0;
}

bool misleads(std::string_view track, double whole) {
  for (const std::string_view media : boxes_of(track, "mdia"))
    if (const auto length = length_in(boxes_of(media, "mdhd")))
      return length->seconds() <= kShortest * whole || left_out_in(track) > kMostLeftOut * length->parts_per_second;
  return false;
}

/// The four numbers of a track's matrix that turn and mirror, of 16.16 bits; empty: damaged.
std::string turn_in(std::string_view header) {
  const std::size_t matrix = !header.empty() && header[0] == 1 ? 52 : 40;
  if (header.size() < matrix + 36) return {};
  return std::string(header.substr(matrix, 8)) + std::string(header.substr(matrix + 12, 8));
}

}  // namespace

bool is_mirrored_and_turned(std::string_view index) {
  constexpr std::string_view kTurn("\0\0\0\0\xFF\xFF\0\0\xFF\xFF\0\0\0\0\0\0", 16);
  for (const std::string_view movie : boxes_of(index, "moov"))
    for (const std::string_view track : boxes_of(movie, "trak"))
      for (const std::string_view header : boxes_of(track, "tkhd"))
        if (turn_in(header) == kTurn) return true;
  return false;
}

bool take_duration_out(std::string& index) {
  const std::vector<std::string_view> movies = boxes_of(index, "moov");
  if (movies.empty()) return false;
  const auto whole = length_in(boxes_of(movies.front(), "mvhd"));
  if (!whole || whole->parts == 0) return false;
  const std::vector<std::string_view> tracks = boxes_of(movies.front(), "trak");
  if (std::ranges::none_of(tracks, [&](std::string_view track) { return misleads(track, whole->seconds()); }))
    return false;
  index.replace(std::size_t(whole->text.data() - index.data()), whole->text.size(), whole->text.size(), '\0');
  return true;
}

}  // namespace vcl
