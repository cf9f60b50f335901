// SPDX-License-Identifier: LGPL-2.1-or-later
// tests/golden/data/coco-eval: the twelve figures to 1e-12 (means of quotients of integers).
#include "evaluation/coco_eval.hpp"

#include <filesystem>

#include "detection_figures.hpp"
#include "evaluation/coco_files.hpp"
#include "golden_files.hpp"

namespace vcl {
namespace {

TEST(GoldenCocoEval, AllCases) {
  VCL_GOLDEN_FOLDER(folder, "coco-eval");
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    SCOPED_TRACE(entry.path().filename().string());
    const CocoTruths truths = read_coco_truths(entry.path() / "gt.json");
    const auto results = read_coco_results(entry.path() / "results.json", truths);
    golden::expect_figures(coco_scores(truths.truths, results),
                           golden::read_json(entry.path() / "expected.json")["stats"]);
    ++cases;
  }
  EXPECT_GT(cases, 0);
}

}  // namespace
}  // namespace vcl
