// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/eval/ytvis_eval.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "vcl/error.hpp"

namespace vcl {
namespace {

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

struct Video {
  std::vector<const YtvisTruth*> truths;
  std::vector<const YtvisResult*> results;
};

Scene scene_of(Video& video) {
  std::ranges::stable_sort(video.results, std::greater(), &YtvisResult::score);
  if (video.results.size() > kMostResults) video.results.resize(kMostResults);
  Scene scene;
  std::vector<std::uint64_t> areas;
  for (const YtvisTruth* truth : video.truths) {
    scene.truths.push_back({truth->area, truth->crowd});
    areas.push_back(total_area(truth->masks));
  }
  for (const YtvisResult* result : video.results) {
    scene.results.push_back({result->score, mean_area(result->masks)});
    const std::uint64_t area = total_area(result->masks);
    std::vector<double>& row = scene.iou.emplace_back();
    for (std::size_t g = 0; g < areas.size(); ++g)
      row.push_back(over_union(total_intersection(result->masks, video.truths[g]->masks), area, areas[g]));
  }
  return scene;
}

}  // namespace

double mean_area(const MaskTrack& track) {
  std::uint64_t frames = 0;
  for (const auto& mask : track) frames += mask && rle_area(*mask) > 0;
  return frames == 0 ? 0 : double(total_area(track)) / double(frames);
}

std::map<std::int64_t, Scene> ytvis_scenes(const std::vector<YtvisTruth>& truths,
                                           const std::vector<YtvisResult>& results) {
  std::map<std::int64_t, Video> videos;
  for (const YtvisTruth& truth : truths) videos[truth.video].truths.push_back(&truth);
  for (const YtvisResult& result : results) videos[result.video].results.push_back(&result);
  std::map<std::int64_t, Scene> scenes;
  for (auto& [id, video] : videos) scenes.emplace(id, scene_of(video));
  return scenes;
}

}  // namespace vcl
