// SPDX-License-Identifier: LGPL-2.1-or-later
// The streaming engine on a small random network: order, windows, stale frames, errors, determinism.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <type_traits>

#include "libvcl/engine/stream/whole_video_engine.hpp"
#include "libvcl/engine/video/mask_upsampling.hpp"
#include "stream_fixture.hpp"
#include "vcl/error.hpp"
#include "vcl/json.hpp"

namespace vcl {
namespace {

TEST_F(Stream, EveryFrameGetsItsResultInOrderForAnyWindowAndStride) {
  for (const auto& [window, stride] : {std::pair{1, 1}, {2, 1}, {3, 1}, {3, 2}, {3, 3}, {5, 2}}) {
    for (const int frames : {1, 2, 3, 4, 7}) {
      StreamingEngine engine = open(window, stride);
      const auto results = run(engine, frames);
      ASSERT_EQ(results.size(), std::size_t(frames)) << window << "/" << stride;
      for (int i = 0; i < frames; ++i) {
        EXPECT_EQ(results[i].frame, std::uint64_t(i));
        EXPECT_EQ(results[i].pts, i * 40'000'000LL);
        EXPECT_EQ(results[i].size, (Size{97, 61}));
        EXPECT_FALSE(results[i].stale);
      }
    }
  }
}

TEST_F(Stream, FramesCountOnOverADrainAndFromZeroAfterAReset) {
  StreamingEngine engine = open();
  EXPECT_EQ(run(engine, 4).front().frame, 0U);
  const auto later = run(engine, 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(later[i].frame, std::uint64_t(4 + i));
  engine.reset();
  EXPECT_EQ(run(engine, 3).front().frame, 0U);
}

TEST_F(Stream, HoldsBackNoMoreThanItSays) {
  StreamingEngine engine = open(3, 2);
  std::vector<std::size_t> ready;
  for (int i = 0; i < 7; ++i) ready.push_back(push(engine, i).size());
  EXPECT_EQ(ready, (std::vector<std::size_t>{0, 0, 2, 0, 2, 0, 2}));
  EXPECT_EQ(engine.latency_frames(), 2);
}

TEST_F(Stream, InstancesAgreeWithTheirMasks) {
  StreamingEngine engine = open();
  std::size_t seen = 0;
  for (const FrameResult& result : run(engine, 5))
    for (const Instance& instance : result.instances) {
      ++seen;
      EXPECT_EQ(instance.mask.width, 97);
      EXPECT_EQ(instance.mask.height, 61);
      EXPECT_EQ(instance.area, rle_area(instance.mask));
      EXPECT_EQ(instance.box, rle_box(instance.mask));
      EXPECT_GT(instance.track_id, 0U);
    }
  EXPECT_GT(seen, 0U);
}

TEST_F(Stream, SkippedFramesRepeatTheLatestMasksAndAreStale) {
  StreamingEngine engine = open();
  const auto results = run(engine, 12, 3);
  ASSERT_EQ(results.size(), 12U);
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(results[i].stale, i % 3 != 0);
    if (i % 3 == 0) continue;
    ASSERT_EQ(results[i].instances.size(), results[i - 1].instances.size());
    for (std::size_t k = 0; k < results[i].instances.size(); ++k) {
      EXPECT_EQ(results[i].instances[k].mask, results[i - 1].instances[k].mask);
      EXPECT_FALSE(results[i].instances[k].is_new);
    }
  }
}

TEST_F(Stream, SkippedFramesDoNotDisturbTheTracks) {
  // The inferred frames say the same, ids included, whether frames were skipped between them or never there.
  const auto inferred = [](const std::vector<int>& frames, bool with_skipped) {
    StreamingEngine engine = open(3, 2);
    engine.set_filters({.threshold = 0, .max_age = 1000});
    std::vector<FrameResult> all;
    const auto take = [&](std::vector<FrameResult> some) {
      for (FrameResult& result : some)
        if (!result.stale) all.push_back(std::move(result));
    };
    for (int i = 0; i <= frames.back(); ++i) {
      const bool infer = std::ranges::find(frames, i) != frames.end();
      if (infer || with_skipped) take(push(engine, i, infer));
    }
    take(engine.drain());
    return all;
  };
  const std::vector<int> frames = {0, 1, 4, 5, 6, 11, 12, 19};
  const std::vector<FrameResult> with = inferred(frames, true), without = inferred(frames, false);
  ASSERT_EQ(with.size(), frames.size());
  ASSERT_EQ(without.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    ASSERT_EQ(with[i].instances.size(), without[i].instances.size());
    EXPECT_FALSE(with[i].instances.empty());
    for (std::size_t k = 0; k < with[i].instances.size(); ++k) {
      EXPECT_EQ(with[i].instances[k].track_id, without[i].instances[k].track_id);
      EXPECT_EQ(with[i].instances[k].mask, without[i].instances[k].mask);
    }
  }
}

TEST_F(Stream, WindowsThatShareNoFrameAreJoined) {
  StreamingEngine engine = open(2, 2);
  engine.set_filters({.threshold = 0, .max_instances = 1000});
  std::map<std::uint64_t, int> frames_of;
  int instances = 0;
  for (const FrameResult& result : run(engine, 12))
    for (const Instance& instance : result.instances) ++frames_of[instance.track_id], ++instances;
  ASSERT_GT(instances, 0);
  EXPECT_GT(instances, 8 * int(frames_of.size())) << "tracks live for most of the 12 frames";
}

TEST_F(Stream, WithoutOverlapAPixelHasOneOwner) {
  StreamingEngine engine = open();
  const auto shared_pixels = [&](Overlap overlap) {
    engine.set_filters({.threshold = 0, .max_instances = 1000, .overlap = overlap});
    std::uint64_t shared = 0;
    for (const FrameResult& result : run(engine, 6)) {
      EXPECT_FALSE(result.instances.empty());
      for (std::size_t a = 0; a < result.instances.size(); ++a)
        for (std::size_t b = 0; b < a; ++b)
          shared += rle_intersection(result.instances[a].mask, result.instances[b].mask);
    }
    return shared;
  };
  EXPECT_EQ(shared_pixels(Overlap::Forbid), 0U);
  EXPECT_GT(shared_pixels(Overlap::Allow), 0U);
  EXPECT_EQ(shared_pixels(Overlap::Auto), 0U) << "what a new model's file says";
}

TEST_F(Stream, FiltersApply) {
  StreamingEngine engine = open();
  engine.set_filters({.threshold = 0, .max_instances = 2, .min_area = 50});
  for (const FrameResult& result : run(engine, 6)) {
    EXPECT_LE(result.instances.size(), 2U);
    for (const Instance& instance : result.instances) EXPECT_GE(instance.area, 50U);
  }
  engine.set_filters({.threshold = 1, .max_instances = 10, .min_area = 0});
  for (const FrameResult& result : run(engine, 6)) EXPECT_TRUE(result.instances.empty());
}

TEST_F(Stream, ATypicalShareLowersTheScoresOfSmallerMasksAndNothingElse) {
  const auto total = [](StreamingEngine engine) {
    engine.set_filters({.threshold = 0, .max_instances = 1000, .min_area = 0});
    double score = 0;
    std::size_t count = 0;
    for (const FrameResult& result : run(engine, 3))
      for (const Instance& instance : result.instances) score += instance.score, ++count;
    return std::pair{count, score};
  };
  Model model = small_model();
  model.config["typical_share"] = 1.0;
  save_model(path("share.safetensors"), model);
  const auto [plain_count, plain_score] = total(open());
  const auto [count, score] = total(
      StreamingEngine({.model = path("share.safetensors"), .device = "cpu", .threads = 1, .window = 3, .stride = 2}));
  ASSERT_GT(plain_count, 0U);
  EXPECT_EQ(count, plain_count);
  EXPECT_LT(score, 0.99 * plain_score);
  EXPECT_GT(score, 0);
}

TEST_F(Stream, MotionChangesScoresOnlyWhereThingsMove) {
  Model model = small_model();
  model.config.erase("motion_prior");
  save_model(path("still.safetensors"), model);
  const auto scores = [&]<typename AnyEngine>(std::type_identity<AnyEngine>, const char* name, bool moving) {
    AnyEngine engine({.model = path(name), .device = "cpu", .threads = 1});
    engine.set_filters({.threshold = 0, .max_instances = 1000, .min_area = 0});
    std::vector<FrameResult> results;
    for (int i = 0; i < 5; ++i) std::ranges::move(push(engine, moving ? i : 0), std::back_inserter(results));
    std::ranges::move(engine.drain(), std::back_inserter(results));
    std::vector<double> all;
    for (const FrameResult& result : results)
      for (const Instance& instance : result.instances) all.push_back(instance.score);
    std::ranges::sort(all);
    return all;
  };
  const auto compare = [&](auto engine) {
    const auto with = scores(engine, "model.safetensors", false), without = scores(engine, "still.safetensors", false);
    ASSERT_FALSE(with.empty());
    ASSERT_EQ(with.size(), without.size());
    for (std::size_t i = 0; i < with.size(); ++i) EXPECT_NEAR(with[i], without[i], 1e-6);
    const auto moved = scores(engine, "model.safetensors", true),
               as_if_still = scores(engine, "still.safetensors", true);
    const double total = std::accumulate(moved.begin(), moved.end(), 0.0);
    EXPECT_GT(std::abs(total - std::accumulate(as_if_still.begin(), as_if_still.end(), 0.0)), 0.005 * total);
  };
  compare(std::type_identity<StreamingEngine>());
  compare(std::type_identity<WholeVideoEngine>());
}

TEST_F(Stream, IdsAreNeverUsedAgain) {
  StreamingEngine engine = open();
  std::set<std::uint64_t> before, after;
  for (const FrameResult& result : run(engine, 5))
    for (const Instance& instance : result.instances) before.insert(instance.track_id);
  ASSERT_FALSE(before.empty());
  push(engine, 0);
  engine.reset();  // what is held back is dropped
  for (const FrameResult& result : run(engine, 5))
    for (const Instance& instance : result.instances) after.insert(instance.track_id);
  ASSERT_FALSE(after.empty());
  EXPECT_GT(*after.begin(), *before.rbegin());
}

TEST_F(Stream, SameInputSameOutput) {
  std::vector<std::string> lines[2];
  for (auto& of_run : lines) {
    StreamingEngine engine = open();
    for (const FrameResult& result : run(engine, 8)) of_run.push_back(frame_to_json(result));
  }
  EXPECT_EQ(lines[0], lines[1]);
}

TEST_F(Stream, RefusesAnotherSizeInMidStreamAndGoesOnAfterDraining) {
  StreamingEngine engine = open();
  push(engine, 0);
  EXPECT_THROW(push(engine, 1, true, {64, 64}), Error);
  EXPECT_EQ(engine.drain().size(), 1U);
  push(engine, 2, true, {64, 64});
  EXPECT_EQ(engine.drain().size(), 1U);
}

TEST_F(Stream, MemoryDoesNotGrowWithTheVideo) {
  StreamingEngine engine = open(3, 2);
  std::size_t most = 0;
  for (int i = 0; i < 60; ++i) most = std::max(most, push(engine, i).size());
  EXPECT_LE(most, 3U);  // nothing else is kept: results leave as they are made
}

void expect_refused(const std::string& model, const std::string& word) {
  try {
    StreamingEngine({.model = model, .device = "cpu"});
    FAIL() << "opened " << model;
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find(fs::path(model).filename().string()), std::string::npos) << e.what();
  }
}

TEST_F(Stream, BadModelsAreRefusedWithTheirName) {
  expect_refused(path("nowhere.safetensors"), "nowhere");
  std::ofstream(path("text.safetensors")) << "this is not a model";
  expect_refused(path("text.safetensors"), "text");

  Model model = small_model();
  model.config["architecture"] = "something_else";
  save_model(path("other.safetensors"), model);
  expect_refused(path("other.safetensors"), "something_else");

  model = small_model();
  model.weights.tensors().erase("sem_seg_head.predictor.query_feat.weight");
  save_model(path("missing.safetensors"), model);
  expect_refused(path("missing.safetensors"), "query_feat");

  model = small_model();
  at::Tensor& weight = model.weights.tensors().at("sem_seg_head.pixel_decoder.mask_features.weight");
  weight = weight.slice(1, 1).contiguous();
  save_model(path("misshapen.safetensors"), model);
  expect_refused(path("misshapen.safetensors"), "does not fit");

  model = small_model();
  model.config.erase("window");
  save_model(path("nowindow.safetensors"), model);
  expect_refused(path("nowindow.safetensors"), "window");
}

// What neighbouring windows share is made once: frame by frame, it is what all frames of the window give together.
TEST_F(Stream, MemoryOfSingleFramesIsThatOfTheWindow) {
  const c10::InferenceMode no_gradients;
  const Model model = small_model();
  const VideoConfig config = VideoConfig::from_json(model.config);
  const Weights predictor = model.weights / "sem_seg_head" / "predictor";
  at::manual_seed(3);
  const at::Tensor images = at::randn({6, 3, 64, 96});
  std::vector<FrameMemory> memory;
  for (std::int64_t t = 0; t < 6; ++t)
    memory.push_back(frame_memory(frame_features(images.narrow(0, t, 1), model.weights, config), predictor));
  for (const auto& [first, count] : {std::pair{0, 3}, {1, 3}, {2, 4}, {5, 1}}) {
    std::vector<const FrameMemory*> window;
    for (int t = first; t < first + count; ++t) window.push_back(&memory[std::size_t(t)]);
    const auto shared = transformer_decoder(window, 1, predictor, config, false).back();
    const auto whole =
        decode_clip(frame_features(images.narrow(0, first, count), model.weights, config), 1, model.weights, config);
    // Batched sums are taken in another order: 1e-6 of the values, grown through the layers.
    EXPECT_LE((shared.masks - whole.back().masks).abs().max().item<double>(),
              1e-4 * (1 + shared.masks.abs().max().item<double>()));
    EXPECT_LE((shared.classes - whole.back().classes).abs().max().item<double>(), 1e-4);
    EXPECT_LE((shared.queries - whole.back().queries).abs().max().item<double>(), 1e-4);
  }
}

TEST_F(Stream, BadOptionsAreRefused) {
  const std::string model = path("model.safetensors");
  EXPECT_THROW(StreamingEngine({.model = model, .device = "abacus"}), Error);
  EXPECT_THROW(StreamingEngine({.model = model, .device = "cuda:99"}), Error);
  EXPECT_THROW(StreamingEngine({.model = model, .device = "cpu", .window = 2, .stride = 3}), Error);
  EXPECT_THROW(StreamingEngine({.model = model, .device = "cpu", .window = 1000}), Error);
}

/// Bilinear sampling pixel by pixel, in double.
double plain_value(const std::vector<float>& logits, const Letterbox& box, int x, int y) {
  const auto axis = [](int i, int source, int content) {
    const double place = std::max(0.0, (i + 0.5) * content / source - 0.5);
    const int before = std::min(int(place), content - 1);
    return std::tuple{before, std::min(before + 1, content - 1), place - before};
  };
  const auto [x0, x1, fx] = axis(x, box.source.width, box.content.width);
  const auto [y0, y1, fy] = axis(y, box.source.height, box.content.height);
  const auto at = [&](int i, int j) { return double(logits[std::size_t(j) * box.canvas.width + i]); };
  return (at(x0, y0) * (1 - fx) + at(x1, y0) * fx) * (1 - fy) + (at(x0, y1) * (1 - fx) + at(x1, y1) * fx) * fy;
}

TEST(MaskUpsampling, EqualsPlainBilinearSampling) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(-0.3F, 1);
  for (int round = 0; round < 200; ++round) {
    const auto side = [&](int most) { return 1 + int(random() % most); };
    const Letterbox box{{side(90), side(90)}, {side(24), side(24)}, {32, 32}};
    std::vector<float> logits(32 * 32);
    for (float& value : logits) value = normal(random);
    const Mask mask = rle_decode(mask_from_logits(logits.data(), box));
    ASSERT_EQ(mask.width, box.source.width);
    ASSERT_EQ(mask.height, box.source.height);
    for (int y = 0; y < mask.height; ++y)
      for (int x = 0; x < mask.width; ++x) {
        const double value = plain_value(logits, box, x, y);
        if (std::abs(value) < 1e-5) continue;  // float against double at a tie
        EXPECT_EQ(mask.at(x, y) != 0, value > 0);
      }
  }
}

}  // namespace
}  // namespace vcl
