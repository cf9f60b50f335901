// SPDX-License-Identifier: LGPL-2.1-or-later
// golden/coco-eval: the twelve figures to 1e-12 (means of quotients of integers).
#include "core/eval/coco_eval.hpp"

#include <filesystem>

#include "core/eval/coco_files.hpp"
#include "golden_files.hpp"

namespace vcl {
namespace {

constexpr double kTolerance = 1e-12;

void expect_scores(const CocoScores& got, const nlohmann::json& stats) {
  const std::map<std::string, double> figures = {{"AP", got.ap},        {"AP50", got.ap50},     {"AP75", got.ap75},
                                                 {"APs", got.ap_small}, {"APm", got.ap_medium}, {"APl", got.ap_large},
                                                 {"AR1", got.ar1},      {"AR10", got.ar10},     {"AR100", got.ar100},
                                                 {"ARs", got.ar_small}, {"ARm", got.ar_medium}, {"ARl", got.ar_large}};
  ASSERT_EQ(stats.size(), figures.size());
  for (const auto& [name, value] : figures) EXPECT_NEAR(value, stats.at(name).get<double>(), kTolerance) << name;
}

TEST(GoldenCocoEval, AllCases) {
  VCL_GOLDEN_FOLDER(folder, "coco-eval");
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    SCOPED_TRACE(entry.path().filename().string());
    const CocoTruths truths = read_coco_truths(entry.path() / "gt.json");
    const auto results = read_coco_results(entry.path() / "results.json", truths);
    expect_scores(coco_scores(truths.truths, results), golden::read_json(entry.path() / "expected.json")["stats"]);
    ++cases;
  }
  EXPECT_GT(cases, 0);
}

}  // namespace
}  // namespace vcl
