// SPDX-License-Identifier: LGPL-2.1-or-later
// Mode whole: one decode over all frames, equal to a window that holds them all, at bounded memory.
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "libvcl/engine/stream/whole_video_engine.hpp"
#include "libvcl/engine/video/mask_upsampling.hpp"
#include "stream_fixture.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

class WholeVideo : public Stream {
 protected:
  static WholeVideoEngine open_whole(std::uint64_t feature_memory = 1 << 20,
                                     const std::string& model = path("model.safetensors")) {
    EngineOptions options;
    options.model = model;
    options.device = "cpu";
    options.threads = 1;
    options.mode = DecodeMode::Whole;
    options.feature_memory = feature_memory;
    return WholeVideoEngine(options);
  }
};

/// The plain decoder on all frames together: by query, its score and its mask in every frame.
struct PlainDecode {
  at::Tensor scores, masks;
  Letterbox letterbox;

  Rle mask(std::int64_t query, std::int64_t frame) const {
    const at::Tensor logits = at::upsample_bilinear2d(masks[query][frame].unsqueeze(0).unsqueeze(0),
                                                      {letterbox.canvas.height, letterbox.canvas.width}, false);
    return mask_from_logits(logits.const_data_ptr<float>(), letterbox);
  }
};

TEST_F(WholeVideo, IsOneDecodeOverAllFrames) {
  Model plain_model = small_model();
  for (const char* key :
       {"duplicate_iou", "border_prior", "overlap", "typical_share", "motion_prior", "color_refinement"})
    plain_model.config.erase(key);
  save_model(path("plain.safetensors"), plain_model);
  const SegmentationModel model({.model = path("plain.safetensors"), .device = "cpu", .threads = 1});
  std::size_t objects = 0;
  for (const int frames : {1, 3, 6, 9}) {
    PlainDecode plain{{}, {}, letterbox_fit({97, 61}, model.canvas_pixels, model.config.min_stride)};
    {
      const c10::InferenceMode no_gradients;
      std::vector<at::Tensor> mask_features;
      std::vector<std::vector<at::Tensor>> levels(3);
      for (int t = 0; t < frames; ++t) {
        const auto rgb = picture(t, {97, 61});
        const FrameView view{.size = {97, 61}, .planes = {rgb.data()}, .strides = {97 * 3}};
        const FrameFeatures one = model.features_of(SegmentationModel::canvas_of(view, plain.letterbox));
        mask_features.push_back(one.mask_features);
        for (std::size_t l = 0; l < 3; ++l) levels[l].push_back(one.levels[l]);
      }
      const FrameFeatures all{{at::cat(levels[0]), at::cat(levels[1]), at::cat(levels[2])}, at::cat(mask_features), {}};
      const Prediction prediction = decode_clip(all, 1, model.weights, model.config).back();
      plain.scores = prediction.classes[0].softmax(-1).select(1, 0);
      plain.masks = prediction.masks[0];
    }
    const auto order = plain.scores.argsort(0, true);

    WholeVideoEngine whole =
        open_whole(frames > 3 ? 100'000 : 1 << 30, path("plain.safetensors"));  // in part in a file, or in memory
    whole.set_filters({.threshold = 0, .max_instances = 5, .min_area = 0});
    const auto results = run(whole, frames);
    ASSERT_EQ(results.size(), std::size_t(frames));
    for (int t = 0; t < frames; ++t) {
      std::size_t found = 0;
      for (std::int64_t rank = 0; rank < order.numel() && found < 5; ++rank) {
        const std::int64_t query = order[rank].item<std::int64_t>();
        const Rle mask = plain.mask(query, t);
        if (rle_area(mask) < 20) continue;  // may be empty by another rounding
        const auto is_it = [&](const Instance& instance) {
          return std::abs(instance.score - plain.scores[query].item<float>()) < 1e-5 &&
                 rle_iou(instance.mask, mask) > 0.97;  // sums in another order turn pixels at ties
        };
        EXPECT_TRUE(std::ranges::any_of(results[std::size_t(t)].instances, is_it)) << frames << " " << t << " " << rank;
        ++found;
      }
      objects += found;
      EXPECT_GE(results[std::size_t(t)].instances.size(), found);
    }
  }
  EXPECT_GT(objects, 50U);
}

TEST_F(WholeVideo, GivesAllResultsAtTheEndAndIdsOnce) {
  WholeVideoEngine engine = open_whole();
  EXPECT_EQ(engine.latency_frames(), kUnboundedLatency);
  EXPECT_TRUE(engine.drain().empty());
  std::set<std::uint64_t> before, after;
  EXPECT_TRUE(push(engine, 0).empty());
  for (const FrameResult& result : engine.drain())
    for (const Instance& instance : result.instances) before.insert(instance.track_id);
  push(engine, 0);
  engine.reset();  // what is held back is dropped
  const auto results = run(engine, 4);
  EXPECT_EQ(results.size(), 4U);
  for (const FrameResult& result : results)
    for (const Instance& instance : result.instances) after.insert(instance.track_id);
  ASSERT_FALSE(before.empty());
  ASSERT_FALSE(after.empty());
  EXPECT_GT(*after.begin(), *before.rbegin());
}

TEST_F(WholeVideo, FramesCountOnOverADrainAndFromZeroAfterAReset) {
  WholeVideoEngine engine = open_whole();
  EXPECT_EQ(run(engine, 4).front().frame, 0U);
  const auto later = run(engine, 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(later[i].frame, std::uint64_t(4 + i));
  engine.reset();
  EXPECT_EQ(run(engine, 3).front().frame, 0U);
}

TEST_F(WholeVideo, FramesWithoutInferenceRepeatTheOneBefore) {
  WholeVideoEngine engine = open_whole();
  push(engine, 0, false);
  push(engine, 1);
  push(engine, 2, false);
  const auto results = engine.drain();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(results[0].stale && results[0].instances.empty());
  EXPECT_TRUE(results[2].stale);
  ASSERT_FALSE(results[1].instances.empty());
  ASSERT_EQ(results[2].instances.size(), results[1].instances.size());
  EXPECT_EQ(results[2].instances[0].mask, results[1].instances[0].mask);
  EXPECT_TRUE(results[1].instances[0].is_new);
  EXPECT_FALSE(results[2].instances[0].is_new);
  push(engine, 0, false);  // no inference at all
  EXPECT_EQ(engine.drain().size(), 1U);
}

TEST_F(WholeVideo, RefusesAnotherSizeAndGoesOn) {
  WholeVideoEngine engine = open_whole();
  push(engine, 0);
  EXPECT_THROW(push(engine, 1, true, {64, 64}), Error);
  EXPECT_EQ(engine.drain().size(), 1U);
  push(engine, 2, true, {64, 64});
  EXPECT_EQ(engine.drain().size(), 1U);
}

/// Most memory in use since the last reset of the mark, in bytes.
std::int64_t peak_memory(bool reset) {
  if (reset) std::ofstream("/proc/self/clear_refs") << 5;
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  }
  return -1;
}

TEST_F(WholeVideo, TwoThousandFramesFitIntoAFixedMemory) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer does not give freed memory back";
#endif
  constexpr int kFrames = 2000;
  constexpr std::int64_t kFeatureMemory = 8 << 20, kLimit = 48 << 20;
  WholeVideoEngine engine = open_whole(kFeatureMemory);
  engine.set_filters({.max_instances = 2});
  run(engine, 8);  // LibTorch's own memory is there from now on
  const std::int64_t before = peak_memory(true);
  if (before < 0) GTEST_SKIP() << "this system does not tell how much memory was used";
  const auto results = run(engine, kFrames);
  EXPECT_EQ(results.size(), std::size_t(kFrames));
  EXPECT_FALSE(results.back().instances.empty());
  // The features of all frames are some 90 MB.
  EXPECT_LT(peak_memory(false) - before, kLimit);
}

}  // namespace
}  // namespace vcl
