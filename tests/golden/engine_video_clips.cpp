// SPDX-License-Identifier: LGPL-2.1-or-later
// VideoMask2Former from frames to masks against the authors' results (tests/golden/data/video/README.md).
#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/nn/resnet.hpp"
#include "libvcl/engine/video/clip_instances.hpp"
#include "video_case.hpp"

namespace vcl {
namespace {

using golden::Case;
using golden::kDeep;
using nlohmann::json;

constexpr double kScore = 1e-5, kSameMasks = 0.999;  // of the README's table

Size size_of(const json& height_width) {
  return {height_width.at(1).get<int>(), height_width.at(0).get<int>()};
}

/// The logits before the threshold, of the kept queries in ascending order, as the authors bring them to full size.
at::Tensor full_logits(const at::Tensor& masks, const json& instances, const Letterbox& box) {
  std::set<std::int64_t> queries;
  for (const json& instance : instances) queries.insert(instance.at("query").get<std::int64_t>());
  std::vector<at::Tensor> logits;
  for (const std::int64_t query : queries) {
    const at::Tensor canvas = resize_bilinear(masks[query].unsqueeze(0), box.canvas.height, box.canvas.width);
    const at::Tensor content = canvas.slice(2, 0, box.content.height).slice(3, 0, box.content.width);
    logits.push_back(resize_bilinear(content, box.source.height, box.source.width)[0]);
  }
  return at::stack(logits);
}

/// Equal but for pixels whose logit is too near to 0 to tell.
void compare_masks(const ClipInstance& got, const json& expected) {
  SCOPED_TRACE("query " + std::to_string(got.query));
  EXPECT_EQ(got.query, expected.at("query").get<std::int64_t>());
  EXPECT_NEAR(got.score, expected.at("score").get<double>(), kScore);
  ASSERT_EQ(got.masks.size(), expected.at("segmentations").size());
  std::uint64_t differing = 0;
  for (std::size_t t = 0; t < got.masks.size(); ++t) {
    const Rle& mask = got.masks[t];
    const json& reference = expected["segmentations"][t];
    const Size size = size_of(reference.at("size"));
    ASSERT_EQ((Size{mask.width, mask.height}), size);
    const Rle wanted = rle_from_string(reference.at("counts").get<std::string>(), size.width, size.height);
    EXPECT_EQ(rle_area(wanted), expected.at("area")[t].get<std::uint64_t>());
    differing += rle_area(mask) + rle_area(wanted) - 2 * rle_intersection(mask, wanted);
    EXPECT_TRUE(rle_area(wanted) == 0 || rle_iou(mask, wanted) >= kSameMasks) << "frame " << t;
  }
  EXPECT_LE(differing, expected.at("pixels_with_abs_logit_below_1e_3").get<std::uint64_t>());
}

void compare_clip(const std::string& folder, const std::string& name, const json& clip, const Weights& w) {
  const VideoConfig config;
  Case golden(folder, name);
  const Letterbox box = {size_of(clip.at("output_size")), size_of(clip.at("input_size")),
                         size_of(clip.at("padded_size"))};
  const at::Tensor images =
      golden::read_clip(folder, clip.at("input").get<std::vector<std::string>>(), box.canvas.height, box.canvas.width);
  const auto backbone = resnet(images, w / "backbone", config.stem_pool, false);
  for (std::size_t i = 1; i < backbone.size(); ++i) golden.compare("res" + std::to_string(i + 1), backbone[i], kDeep);
  const FrameFeatures features = frame_features(images, w, config);
  golden.compare("mask_features", features.mask_features, kDeep);
  for (std::size_t i = 0; i < features.levels.size(); ++i)
    golden.compare("ms" + std::to_string(i), features.levels[i], kDeep);

  const auto predictions = decode_clip(features, 1, w, config, true);
  golden::compare_predictions(golden, predictions, features, w / "sem_seg_head" / "predictor");
  const Prediction& last = predictions.back();
  EXPECT_LE((query_scores(last)[0].cpu() - golden.stored("scores_all")).abs().max().item<double>(), kScore);
  const json& expected = clip.at("instances");
  golden.compare("top10_logits_by_query", full_logits(last.masks[0], expected, box), kDeep);
  golden.expect_complete();

  const auto instances = clip_instances(decode_clip(features, 1, w, config).back(), 0, box);
  ASSERT_EQ(instances.size(), expected.size());
  for (std::size_t i = 0; i < instances.size(); ++i) compare_masks(instances[i], expected[i]);
}

TEST(VideoGoldenClips, FramesToMasks) {
  VCL_GOLDEN_FOLDER(folder, "video");
  const c10::InferenceMode no_gradients;
  const json clips = golden::read_json(folder + "/results.json");
  ASSERT_FALSE(clips.empty());
  const Weights plain = golden::video_network();
  Weights folded = golden::video_network();
  prepare_for_inference(folded);
  for (const auto& [name, clip] : clips.items())
    for (const Weights& w : {plain, folded}) {
      SCOPED_TRACE(name + (w.has("backbone.stem.conv1.norm") ? "" : ", batch norms folded as the engine does"));
      compare_clip(folder, name, clip, w);
    }
}

}  // namespace
}  // namespace vcl
