// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/coco_eval.hpp"

#include <algorithm>
#include <functional>

namespace vcl {
namespace {

struct Image {
  std::vector<const CocoTruth*> truths;
  std::vector<const CocoResult*> results;
};

Scene scene_of(Image& image) {
  std::ranges::stable_sort(image.results, std::greater(), &CocoResult::score);
  if (image.results.size() > kMostResults) image.results.resize(kMostResults);
  Scene scene;
  for (const CocoTruth* truth : image.truths) scene.truths.push_back({truth->area, truth->crowd});
  for (const CocoResult* result : image.results) {
    scene.results.push_back({result->score, double(rle_area(result->mask))});
    std::vector<double>& row = scene.iou.emplace_back();
    for (const CocoTruth* truth : image.truths) row.push_back(rle_iou(result->mask, truth->mask, truth->crowd));
  }
  return scene;
}

}  // namespace

std::map<std::int64_t, Scene> coco_scenes(const std::vector<CocoTruth>& truths,
                                          const std::vector<CocoResult>& results) {
  std::map<std::int64_t, Image> images;
  for (const CocoTruth& truth : truths) images[truth.image].truths.push_back(&truth);
  for (const CocoResult& result : results) images[result.image].results.push_back(&result);
  std::map<std::int64_t, Scene> scenes;
  for (auto& [id, image] : images) scenes.emplace(id, scene_of(image));
  return scenes;
}

DetectionScores coco_scores(const std::vector<CocoTruth>& truths, const std::vector<CocoResult>& results) {
  std::vector<Scene> scenes;
  for (auto& [id, scene] : coco_scenes(truths, results)) scenes.push_back(std::move(scene));
  return detection_scores(scenes, kCocoSmall, kCocoMedium);
}

}  // namespace vcl
