// SPDX-License-Identifier: LGPL-2.1-or-later
// tests/golden/data/davis-eval: every frame's J and F and all figures to 1e-12 (quotients of integers and means of
// them).
#include "evaluation/davis_eval.hpp"

#include <filesystem>

#include "detection_figures.hpp"
#include "evaluation/davis_files.hpp"
#include "golden_files.hpp"
#include "vcl/safetensors.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;
using golden::kEvalTolerance;
using nlohmann::json;

/// uint8 [frames, rows, bytes]: the labels 0 and 1, packed along the width, highest bit first.
LabelVideo unpacked(const TensorView& tensor) {
  const auto width = std::size_t(tensor.shape[2]) * 8, height = std::size_t(tensor.shape[1]);
  LabelVideo video{{int(width), int(height)}, {}};
  for (std::size_t t = 0; t < std::size_t(tensor.shape[0]); ++t) {
    std::vector<std::uint8_t>& frame = video.frames.emplace_back(width * height);
    for (std::size_t i = 0; i < frame.size(); ++i)
      frame[i] = (std::to_integer<unsigned>(tensor.bytes[(t * frame.size() + i) / 8]) >> (7 - i % 8)) & 1;
  }
  return video;
}

std::pair<LabelVideo, LabelVideo> read_sequence(const fs::path& folder) {
  if (!fs::exists(folder / "masks.safetensors"))
    return {read_label_folder(folder / "gt"), read_label_folder(folder / "result")};
  const SafetensorsFile file(folder / "masks.safetensors");
  return {unpacked(file.at("gt")), unpacked(file.at("result"))};
}

void expect_measure(const DavisMeasure& got, const json& frames, const json& summary) {
  if (!frames.empty()) {  // a long sequence leaves them out
    ASSERT_EQ(got.frames.size(), frames.size());
  }
  for (std::size_t t = 0; t < frames.size(); ++t)
    EXPECT_NEAR(got.frames[t], frames[t].get<double>(), kEvalTolerance) << "frame " << t;
  EXPECT_NEAR(got.mean, summary[0].get<double>(), kEvalTolerance);
  EXPECT_NEAR(got.recall, summary[1].get<double>(), kEvalTolerance);
  if (!summary[2].is_null()) {
    EXPECT_NEAR(got.decay, summary[2].get<double>(), kEvalTolerance);
  }
}

void expect_object(const DavisObject& got, const json& expected) {
  SCOPED_TRACE("object " + std::to_string(got.object));
  expect_measure(got.j, expected["J"], expected["J_mean_recall_decay"]);
  expect_measure(got.f, expected["F"], expected["F_mean_recall_decay"]);
}

void expect_similarity(const Similarity& got, const json& expected) {
  for (std::size_t proposal = 0; proposal < expected.size(); ++proposal)
    for (std::size_t object = 0; object < expected[proposal].size(); ++object) {
      if (int(proposal) >= got.cols) continue;  // padded
      EXPECT_NEAR(got.at(int(object), int(proposal)), expected[proposal][object].get<double>(), kEvalTolerance);
    }
}

TEST(GoldenDavisEval, Unsupervised) {
  VCL_GOLDEN_FOLDER(folder, "davis-eval");
  const json expected = golden::read_json(folder + "/expected_unsupervised.json");
  std::vector<DavisObject> all;
  for (const json& sequence : expected["sequences"]) {
    const std::string name = sequence["sequence"];
    SCOPED_TRACE(name);
    const auto [truth, result] = read_sequence(folder + "/" + name);
    const DavisVideo video = davis_scores(truth, result, DavisTask::Unsupervised);
    ASSERT_EQ(video.objects.size(), sequence["per_object"].size());
    expect_similarity(video.similarity, sequence["mean_JF_matrix"]);
    for (std::size_t i = 0; i < video.objects.size(); ++i) expect_object(video.objects[i], sequence["per_object"][i]);
    if (sequence.contains("decay_without_uint8_wrap")) {  // the authors' bounds of quarters wrapped
      EXPECT_NEAR(video.objects[0].j.decay, sequence["decay_without_uint8_wrap"][0].get<double>(), kEvalTolerance);
      EXPECT_NEAR(video.objects[0].f.decay, sequence["decay_without_uint8_wrap"][1].get<double>(), kEvalTolerance);
    }
    if (!fs::exists(folder + "/" + name + "/masks.safetensors"))
      all.insert(all.end(), video.objects.begin(), video.objects.end());
  }
  const DavisMeans means = davis_means(all);
  const json& table = expected["table"];
  EXPECT_NEAR(means.jf, table["J&F-Mean"].get<double>(), kEvalTolerance);
  EXPECT_NEAR(means.j_mean, table["J-Mean"].get<double>(), kEvalTolerance);
  EXPECT_NEAR(means.j_recall, table["J-Recall"].get<double>(), kEvalTolerance);
  EXPECT_NEAR(means.j_decay, table["J-Decay"].get<double>(), kEvalTolerance);
  EXPECT_NEAR(means.f_mean, table["F-Mean"].get<double>(), kEvalTolerance);
  EXPECT_NEAR(means.f_recall, table["F-Recall"].get<double>(), kEvalTolerance);
  EXPECT_NEAR(means.f_decay, table["F-Decay"].get<double>(), kEvalTolerance);
}

TEST(GoldenDavisEval, SemiSupervisedAndSingleObject) {
  VCL_GOLDEN_FOLDER(folder, "davis-eval");
  const json cases = golden::read_json(folder + "/expected_semisupervised.json");
  for (const json& sequence : cases["sequences"]) {
    const std::string name = sequence["sequence"];
    const bool single = sequence.value("single_object", false);
    SCOPED_TRACE(name + (single ? ", single object" : ""));
    const auto [truth, result] = read_sequence(folder + "/" + name);
    const DavisVideo video = davis_scores(truth, result, single ? DavisTask::SingleObject : DavisTask::SemiSupervised);
    const json objects = single ? json::array({sequence}) : sequence["per_object"];
    ASSERT_EQ(video.objects.size(), objects.size());
    for (std::size_t i = 0; i < objects.size(); ++i) expect_object(video.objects[i], objects[i]);
  }
}

}  // namespace
}  // namespace vcl
