// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/ytvis_eval.hpp"

#include <algorithm>
#include <functional>
#include <span>

namespace vcl {

std::map<std::int64_t, YtvisEntries> by_video(const std::vector<YtvisTruth>& truths,
                                              const std::vector<YtvisResult>& results) {
  std::map<std::int64_t, YtvisEntries> videos;
  for (const YtvisTruth& truth : truths) videos[truth.video].truths.push_back(&truth);
  for (const YtvisResult& result : results) videos[result.video].results.push_back(&result);
  for (auto& [id, video] : videos) {
    std::ranges::stable_sort(video.results, std::greater(), &YtvisResult::score);
    if (video.results.size() > kMostResults) video.results.resize(kMostResults);
  }
  return videos;
}

YtvisTracks unpack(const YtvisEntries& video) {
  YtvisTracks tracks;
  for (const YtvisTruth* truth : video.truths) tracks.truths.push_back(unpack(truth->masks));
  for (const YtvisResult* result : video.results) tracks.results.push_back(unpack(result->masks));
  return tracks;
}

Scene ytvis_scene(const YtvisEntries& video, const YtvisTracks& tracks) {
  Scene scene;
  std::vector<std::uint64_t> areas;
  for (std::size_t g = 0; g < video.truths.size(); ++g) {
    scene.truths.push_back({video.truths[g]->area, video.truths[g]->crowd});
    areas.push_back(total_area(tracks.truths[g]));
  }
  for (std::size_t d = 0; d < video.results.size(); ++d) {
    const MaskTrack& masks = tracks.results[d];
    scene.results.push_back({video.results[d]->score, mean_area(masks)});
    const std::uint64_t area = total_area(masks);
    std::vector<double>& row = scene.iou.emplace_back();
    for (std::size_t g = 0; g < areas.size(); ++g)
      row.push_back(over_union(total_intersection(masks, tracks.truths[g]), area, areas[g]));
  }
  return scene;
}

TrackConsistency ytvis_consistency(const YtvisEntries& video, const YtvisTracks& tracks, double least_score) {
  std::vector<MaskTrack> objects, crowds;
  for (std::size_t g = 0; g < video.truths.size(); ++g)
    (video.truths[g]->crowd ? crowds : objects).push_back(tracks.truths[g]);
  const auto first_below = std::ranges::find_if(video.results, [&](const auto* r) { return r->score < least_score; });
  const auto results = std::span(tracks.results).first(std::size_t(first_below - video.results.begin()));
  return track_consistency(objects, results, crowds);
}

}  // namespace vcl
