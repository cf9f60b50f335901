// SPDX-License-Identifier: LGPL-2.1-or-later
#include "benchmarks/quality/track_quality.hpp"

#include <nlohmann/json.hpp>

#include "vcl/json.hpp"

namespace vcl::benchmark {
namespace {

bool in_view(const std::optional<Rle>& mask) {
  return mask && rle_area(*mask) > 0;
}

double frame_j(const std::optional<Rle>& truth, const std::optional<Rle>& mask) {
  if (!in_view(truth) || !in_view(mask)) return in_view(truth) == in_view(mask);
  return rle_iou(*truth, *mask);
}

}  // namespace

std::vector<MaskTrack> ranked_tracks(const std::vector<FrameResult>& results) {
  YtvisResults ytvis;
  for (const FrameResult& result : results) ytvis.add(result);
  std::vector<MaskTrack> tracks;
  for (const nlohmann::json& entry : nlohmann::json::parse(ytvis.to_json())) {
    MaskTrack& track = tracks.emplace_back();
    for (const nlohmann::json& rle : entry["segmentations"]) {
      track.emplace_back();
      if (!rle.is_null())
        track.back() = rle_from_string(rle["counts"].get<std::string>(), rle["size"][1], rle["size"][0]);
    }
  }
  return tracks;
}

double mean_j(const MaskTrack& truth, const MaskTrack& track) {
  double sum = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) sum += frame_j(truth[i], track[i]);
  return sum / double(truth.size());
}

}  // namespace vcl::benchmark
