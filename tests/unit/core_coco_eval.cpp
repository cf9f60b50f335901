// SPDX-License-Identifier: LGPL-2.1-or-later
// COCO files that nobody vouches for, and figures that are plain.
#include <gtest/gtest.h>

#include "core_random.hpp"
#include "evaluation/coco_eval.hpp"
#include "evaluation/coco_files.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

const std::string kTruth = R"({"images":[{"id":5,"width":4,"height":2,"file_name":"a.jpg"}],"annotations":[
  {"image_id":5,"category_id":1,"area":4,"segmentation":{"size":[2,4],"counts":[0,4,4]}}]})";
const std::string kResult =
    R"([{"image_id":5,"category_id":1,"score":0.5,"segmentation":{"size":[2,4],"counts":[0,4,4]}}])";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

class CocoFiles : public testing::Test {
 protected:
  DetectionScores scores(const std::string& truth, const std::string& results) {
    test::write_file(folder_.file("gt.json"), truth);
    test::write_file(folder_.file("results.json"), results);
    const CocoTruths truths = read_coco_truths(folder_.file("gt.json"));
    return coco_scores(truths.truths, read_coco_results(folder_.file("results.json"), truths));
  }
  void expect_refused(const std::string& truth, const std::string& results, const std::string& text) {
    try {
      scores(truth, results);
      ADD_FAILURE() << "taken: " << text;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    }
  }
  test::TemporaryFolder folder_;
};

TEST_F(CocoFiles, ExactResultScoresOne) {
  const DetectionScores all = scores(kTruth, kResult);
  EXPECT_NEAR(all.ap, 1, 1e-12);
  EXPECT_NEAR(all.ar1, 1, 1e-12);
  EXPECT_EQ(all.ap_large, -1);
  EXPECT_EQ(scores(kTruth, "[]").ap, 0);
  EXPECT_EQ(scores(R"({"images":[],"annotations":[]})", "[]").ap, -1);
}

TEST_F(CocoFiles, RefusesWhatDoesNotFit) {
  expect_refused("{", kResult, "gt.json");
  expect_refused("[]", kResult, "gt.json: has no list \"images\"");
  expect_refused(kTruth, "{}", "results.json: is no list");
  expect_refused(kTruth, replaced(kResult, "\"image_id\":5", "\"image_id\":6"),
                 "results.json: [0]: there is no image 6");
  expect_refused(kTruth, replaced(kResult, "[2,4]", "[4,2]"), "a mask of 2x4 pixels");
  expect_refused(kTruth, replaced(kResult, "[0,4,4]", "[0,4,5]"), "results.json: [0]");
  expect_refused(kTruth, replaced(kResult, "[0,4,4]", "[0,4.5,4]"), "out of range");
  expect_refused(kTruth, replaced(kResult, "0.5", "\"high\""), "\"score\" is no finite number");
  expect_refused(kTruth, replaced(kResult, "{\"size\":[2,4],\"counts\":[0,4,4]}", "[[0,0,1,1]]"), "polygons");
  expect_refused(replaced(kTruth, "\"width\":4", "\"width\":99999999999"), kResult, "images[0]");
  expect_refused(replaced(kTruth, "\"area\":4,", ""), kResult, "annotations[0]: \"area\" is missing");
  EXPECT_THROW(read_coco_truths(folder_.file("absent.json")), Error);
}

TEST_F(CocoFiles, SurvivesMutations) {
  test::Rng rng(5);
  for (int i = 0; i < 2000; ++i) try {
      scores(test::mutated(rng, kTruth), test::mutated(rng, kResult));
    } catch (const Error&) {
    }
}

}  // namespace
}  // namespace vcl
