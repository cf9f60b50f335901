// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/mask_track.hpp"

#include "vcl/error.hpp"

namespace vcl {

double mean_area(const MaskTrack& track) {
  std::uint64_t frames = 0;
  for (const auto& mask : track) frames += mask && rle_area(*mask) > 0;
  return frames == 0 ? 0 : double(total_area(track)) / double(frames);
}

std::uint64_t total_area(const MaskTrack& track) {
  std::uint64_t area = 0;
  for (const auto& mask : track) area += mask ? rle_area(*mask) : 0;
  return area;
}

std::uint64_t total_intersection(const MaskTrack& a, const MaskTrack& b) {
  if (a.size() != b.size())
    throw Error(ErrorKind::Invalid, "tracks of one video have masks for " + std::to_string(a.size()) + " and " +
                                        std::to_string(b.size()) + " frames");
  std::uint64_t pixels = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] && b[i]) pixels += rle_intersection(*a[i], *b[i]);
  return pixels;
}

double over_union(std::uint64_t intersection, std::uint64_t area_a, std::uint64_t area_b) {
  const std::uint64_t together = area_a + area_b - intersection;
  return together == 0 ? 0 : double(intersection) / double(together);
}

PackedTrack pack(const MaskTrack& track) {
  PackedTrack packed;
  packed.counts.reserve(track.size());
  for (const auto& mask : track) {
    packed.counts.push_back(mask ? rle_to_string(*mask) : "");
    packed.counts.back().shrink_to_fit();
    if (!mask) continue;
    const Size size{mask->width, mask->height};
    if (packed.size != Size{} && packed.size != size)
      throw Error(ErrorKind::Invalid, "the masks of a track differ in size");
    packed.size = size;
  }
  return packed;
}

MaskTrack unpack(const PackedTrack& track) {
  MaskTrack masks;
  masks.reserve(track.counts.size());
  for (const std::string& counts : track.counts) {
    masks.emplace_back();
    if (!counts.empty()) masks.back() = rle_from_string(counts, track.size.width, track.size.height);
  }
  return masks;
}

}  // namespace vcl
