// SPDX-License-Identifier: LGPL-2.1-or-later
// tests/golden/data/ytvis-eval: every IoU, curve and figure to 1e-12 (quotients of integers and means of them).
#include "evaluation/ytvis_eval.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <span>

#include "detection_figures.hpp"
#include "evaluation/ytvis_files.hpp"
#include "golden_files.hpp"
#include "vcl/safetensors.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;
using golden::kEvalTolerance;

std::vector<double> doubles(const TensorView& tensor) {
  EXPECT_EQ(tensor.dtype, DType::F64);
  std::vector<double> values(tensor.bytes.size() / sizeof(double));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

void expect_ious(const std::map<std::int64_t, Scene>& scenes, const SafetensorsFile& expected) {
  for (const auto& [id, scene] : scenes) {
    std::vector<double> got;
    for (const auto& row : scene.iou) got.insert(got.end(), row.begin(), row.end());
    if (got.empty()) continue;
    const std::vector<double> want = doubles(expected.at("iou/" + std::to_string(id)));
    ASSERT_EQ(got.size(), want.size()) << "video " << id;
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], kEvalTolerance) << "video " << id;
  }
}

/// [thresholds, area ranges, limits] of recalls and of precisions (mean over recalls), -1 where nothing counts.
void expect_curves(const std::vector<Scene>& scenes, const nlohmann::json& cases, const SafetensorsFile& expected) {
  const std::vector<double> recall = doubles(expected.at("recall"));
  const std::vector<double> precision = doubles(expected.at("precision_mean_over_recall"));
  const nlohmann::json &ranges = cases["area_ranges"], &limits = cases["max_dets"];
  ASSERT_EQ(recall.size(), kIouThresholds * ranges.size() * limits.size());
  for (std::size_t a = 0; a < ranges.size(); ++a)
    for (std::size_t m = 0; m < limits.size(); ++m) {
      const auto curves = precision_curves(scenes, {ranges[a][0], ranges[a][1]}, limits[m]);
      for (std::size_t t = 0; t < kIouThresholds; ++t) {
        const std::size_t at = (t * ranges.size() + a) * limits.size() + m;
        double mean = 0;
        for (std::size_t r = 0; r < kRecallThresholds; ++r)
          mean += (curves ? (*curves)[t].precision[r] : -1) / double(kRecallThresholds);
        EXPECT_NEAR(curves ? (*curves)[t].recall : -1, recall[at], kEvalTolerance) << "threshold " << t;
        EXPECT_NEAR(mean, precision[at], kEvalTolerance) << "threshold " << t << ", range " << a << ", limit " << m;
      }
    }
}

void expect_points(const std::vector<Scene>& scenes, const SafetensorsFile& expected) {
  const auto curves = precision_curves(scenes, {});
  if (!curves) return;
  const std::vector<double> precision = doubles(expected.at("precision_all_area_100"));
  const std::vector<double> scores = doubles(expected.at("scores_all_area_100"));
  for (std::size_t t = 0; t < kIouThresholds; ++t)
    for (std::size_t r = 0; r < kRecallThresholds; ++r) {
      EXPECT_NEAR((*curves)[t].precision[r], precision[t * kRecallThresholds + r], kEvalTolerance);
      EXPECT_NEAR((*curves)[t].score[r], scores[t * kRecallThresholds + r], kEvalTolerance);
    }
}

/// A match is kept by index here; the authors keep it by id, so that id 0 reads as no match.
bool has_annotation_zero(const nlohmann::json& truth) {
  return std::ranges::any_of(truth["annotations"], [](const auto& annotation) { return annotation["id"] == 0; });
}

TEST(GoldenYtvisEval, AllCases) {
  VCL_GOLDEN_FOLDER(folder, "ytvis-eval");
  int cases = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    SCOPED_TRACE(entry.path().filename().string());
    const YtvisTruths truths = read_ytvis_truths(entry.path() / "gt.json");
    const std::vector<YtvisResult> results = read_ytvis_results(entry.path() / "results.json", truths);
    std::map<std::int64_t, Scene> scene_of;
    std::vector<Scene> scenes;
    for (const auto& [id, video] : by_video(truths.truths, results))
      scenes.push_back(scene_of[id] = ytvis_scene(video, unpack(video)));
    const nlohmann::json expected = golden::read_json(entry.path() / "expected.json");
    const SafetensorsFile tensors(entry.path() / "expected.safetensors");
    ++cases;
    expect_ious(scene_of, tensors);
    const DetectionScores scores = detection_scores(scenes, kYtvisSmall, kYtvisMedium);
    if (has_annotation_zero(golden::read_json(entry.path() / "gt.json"))) {
      EXPECT_GE(scores.ap, expected["stats"]["AP"].get<double>());
      continue;
    }
    golden::expect_figures(scores, expected["stats"]);
    expect_curves(scenes, expected, tensors);
    expect_points(scenes, tensors);
  }
  EXPECT_GT(cases, 0);
}

}  // namespace
}  // namespace vcl
