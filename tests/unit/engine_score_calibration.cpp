// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/score_calibration.hpp"

#include "libvcl/engine/stream/whole_video_engine.hpp"
#include "stream_fixture.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using nlohmann::json;

float expected(const ScoreCalibration& calibration, float score) {
  return calibration.expected_iou(at::tensor({score}))[0].item<float>();
}

TEST(ScoreCalibration, IsLinearBetweenPairsAndConstantBeyond) {
  const ScoreCalibration calibration(json::parse("[[0.1, 0.2], [0.5, 0.2], [0.9, 0.6]]"));
  EXPECT_FLOAT_EQ(expected(calibration, 0), 0.2F);
  EXPECT_FLOAT_EQ(expected(calibration, 0.3F), 0.2F);
  EXPECT_FLOAT_EQ(expected(calibration, 0.5F), 0.2F);
  EXPECT_FLOAT_EQ(expected(calibration, 0.6F), 0.3F);
  EXPECT_FLOAT_EQ(expected(calibration, 0.9F), 0.6F);
  EXPECT_FLOAT_EQ(expected(calibration, 1), 0.6F);
  const at::Tensor scores = at::rand({50});
  EXPECT_TRUE(at::equal(ScoreCalibration().expected_iou(scores), scores));
  EXPECT_TRUE(at::equal(ScoreCalibration(json()).expected_iou(scores), scores));
}

TEST(ScoreCalibration, NeverChangesWhichScoreIsHigher) {
  const ScoreCalibration calibration(json::parse("[[0.05, 0.01], [0.2, 0.3], [0.21, 0.9], [1, 1]]"));
  const at::Tensor sorted = std::get<0>(at::rand({200}).sort());
  EXPECT_TRUE(calibration.expected_iou(sorted).diff().ge(0).all().item<bool>());
}

TEST(ScoreCalibration, WhatIsNoCalibrationIsRefused) {
  for (const char* pairs : {"[]", "{}", "1", "\"x\"", "[1]", "[[0.5]]", "[[0.5, 0.5, 0.5]]", "[[\"a\", 0.5]]",
                            "[[-0.1, 0.5]]", "[[0.5, 1.1]]", "[[0.5, null]]", "[[0.5, 0.5], [0.5, 0.6]]",
                            "[[0.6, 0.5], [0.5, 0.6]]", "[[0.5, 0.5], [0.6, 0.4]]"})
    EXPECT_THROW(ScoreCalibration(json::parse(pairs)), Error) << pairs;
}

TEST_F(Stream, ScoresAreThoseOfTheModelsCalibration) {
  Model model = small_model();
  model.config["calibration"] = json::parse("[[0, 0.1], [1, 0.6]]");
  save_model(path("calibrated.safetensors"), model);
  for (const bool whole : {false, true}) {
    const auto results_of = [&](const std::string& name) {
      const EngineOptions options{.model = path(name), .device = "cpu", .threads = 1};
      std::unique_ptr<Engine> engine = open(options, whole);
      return run(*engine, 6);
    };
    const auto plain = results_of("model.safetensors"), calibrated = results_of("calibrated.safetensors");
    ASSERT_EQ(plain.size(), calibrated.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
      ASSERT_EQ(plain[i].instances.size(), calibrated[i].instances.size());
      EXPECT_GT(plain[i].instances.size(), 0U);
      for (std::size_t k = 0; k < plain[i].instances.size(); ++k) {
        EXPECT_NEAR(calibrated[i].instances[k].score, 0.1 + 0.5 * plain[i].instances[k].score, 1e-5);
        EXPECT_EQ(calibrated[i].instances[k].mask, plain[i].instances[k].mask);
      }
    }
  }
  model.config["calibration"] = "good";
  save_model(path("bad.safetensors"), model);
  EXPECT_THROW(StreamingEngine({.model = path("bad.safetensors"), .device = "cpu"}), Error);
}

}  // namespace
}  // namespace vcl
