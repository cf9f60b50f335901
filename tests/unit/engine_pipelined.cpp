// SPDX-License-Identifier: LGPL-2.1-or-later
// Engines that find a frame's motion beside the network's work on the frame before say what the others say.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include "stream_fixture.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr Size kSize{97, 61};
constexpr std::int64_t kInterval = 40'000'000;  // nanoseconds

class Pipelined : public Stream {
 protected:
  static void SetUpTestSuite() {
    Stream::SetUpTestSuite();
    save_with_motion("both", {-1, 1});
    save_with_motion("past", {-1, -2});
    save_with_motion("far", {3, -1});
  }

  static StreamingEngine open(const std::string& model, bool pipelined, int window = 3, int stride = 2) {
    StreamingEngine engine({.model = path(model + ".safetensors"),
                            .device = "cpu",
                            .threads = 1,
                            .window = window,
                            .stride = stride,
                            .pipelined = pipelined});
    engine.set_filters({.threshold = 0, .max_instances = 1000});
    return engine;
  }

  struct Shown {
    int picture = 0;
    bool negative = false;  // another scene
    std::int64_t pts = 0;
    bool infer = true;
  };

  static std::vector<FrameResult> push(Engine& engine, const Shown& shown) {
    std::vector<std::uint8_t> rgb = picture(shown.picture, kSize);
    if (shown.negative) std::ranges::transform(rgb, rgb.begin(), [](std::uint8_t value) { return 255 - value; });
    return engine.push({.size = kSize, .planes = {rgb.data()}, .strides = {kSize.width * 3}}, shown.pts, shown.infer);
  }

  static std::vector<FrameResult> play(Engine& engine, const std::vector<Shown>& video) {
    std::vector<FrameResult> all;
    for (const Shown& shown : video) std::ranges::move(push(engine, shown), std::back_inserter(all));
    std::ranges::move(engine.drain(), std::back_inserter(all));
    return all;
  }

  static std::vector<Shown> moving(int frames, int first = 0) {
    std::vector<Shown> video;
    for (int i = first; i < first + frames; ++i) video.push_back({.picture = i, .pts = i * kInterval});
    return video;
  }

 private:
  static void save_with_motion(const std::string& name, const std::vector<int>& neighbours) {
    Model model = small_model();
    train::add_motion(model, neighbours);
    at::Tensor planes = model.weights.tensors().at("backbone.stem.conv1.weight").slice(1, 3);
    planes.copy_(at::randn(planes.sizes()) * 0.5);
    save_model(path(name + ".safetensors"), model);
  }
};

/// To the bit, with times, and of something. Ids of `b` are counted from `first_id`.
void expect_same_video(const std::vector<FrameResult>& a, const std::vector<FrameResult>& b,
                       std::uint64_t first_id = 0) {
  expect_same(a, b, 0, first_id);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].pts, b[i].pts);
  EXPECT_GT(instances_in(a), 0U);
}

std::uint64_t last_id(const std::vector<FrameResult>& results) {
  std::uint64_t last = 0;
  for (const FrameResult& result : results)
    for (const Instance& instance : result.instances) last = std::max(last, instance.track_id);
  return last;
}

TEST_F(Pipelined, ResultsAreTheSameToTheBit) {
  std::vector<std::vector<Shown>> videos = {moving(1), moving(2), moving(9)};
  videos.push_back(moving(9));  // skipped frames
  for (std::size_t i = 0; i < videos.back().size(); ++i) videos.back()[i].infer = i % 3 != 1;
  videos.push_back(moving(10));  // a cut
  for (std::size_t i = 5; i < 10; ++i) videos.back()[i].negative = true;
  videos.push_back(moving(9));  // a flash, after which the scene is another: what comes next decides
  for (std::size_t i = 4; i < 9; ++i) videos.back()[i].negative = i != 5;
  videos.push_back(moving(8));  // a hole in time
  for (std::size_t i = 4; i < 8; ++i) videos.back()[i].pts += 9'000'000'000;
  for (const char* model : {"both", "past", "far"})
    for (const auto& [window, stride] : {std::pair{3, 1}, {3, 2}, {2, 2}, {1, 1}}) {
      StreamingEngine plain = open(model, false, window, stride), pipelined = open(model, true, window, stride);
      for (const std::vector<Shown>& video : videos) expect_same_video(play(pipelined, video), play(plain, video));
    }
}

TEST_F(Pipelined, OneFrameMoreIsHeldBackWhereTheNetworkSeesMotion) {
  for (const char* model : {"both", "past", "far"}) {
    StreamingEngine plain = open(model, false), pipelined = open(model, true);
    EXPECT_EQ(pipelined.latency_frames(), plain.latency_frames() + 1);
    EXPECT_TRUE(push(pipelined, {}).empty());
    for (const Shown& shown : moving(9)) EXPECT_EQ(push(pipelined, shown).size(), push(plain, shown).size()) << model;
  }
  EXPECT_EQ(open("model", true).latency_frames(), open("model", false).latency_frames());
}

// Skipped frames, cuts and holes in time do not make any frame wait longer.
TEST_F(Pipelined, NoFrameWaitsLongerThanItMay) {
  std::mt19937 random(3);
  for (const char* model : {"model", "both", "past", "far"})
    for (const auto& [window, stride] : {std::pair{3, 1}, {3, 3}, {5, 3}, {2, 1}, {1, 1}})
      for (const int most : {1, 2, 5, 8}) {
        StreamingEngine engine = open(model, random() % 2 == 0, window, stride);
        engine.set_filters({.threshold = 0, .max_instances = 1000, .max_wait = most});
        std::vector<FrameResult> results;
        std::vector<Shown> video = moving(24);
        for (Shown& shown : video) {
          shown.infer = random() % 6 < unsigned(most % 5);
          shown.negative = random() % 5 == 0;
          if (random() % 9 == 0) shown.pts += 9'000'000'000 * shown.picture;
        }
        for (std::size_t n = 0; n < video.size(); ++n) {
          std::ranges::move(push(engine, video[n]), std::back_inserter(results));
          ASSERT_GE(results.size() + std::size_t(most), n + 1) << model << ' ' << window << '/' << stride;
        }
        std::ranges::move(engine.drain(), std::back_inserter(results));
        ASSERT_EQ(results.size(), video.size());
        for (std::size_t n = 0; n < video.size(); ++n) {
          EXPECT_EQ(results[n].frame, n);
          EXPECT_EQ(results[n].pts, video[n].pts);
          EXPECT_EQ(results[n].stale, !video[n].infer);
          EXPECT_TRUE(results[n].stale || !results[n].instances.empty()) << model << ' ' << window << '/' << stride;
        }
      }
}

TEST_F(Pipelined, AFrameThatIsReleasedEarlyLeavesTheNextWindowsRight) {
  StreamingEngine engine = open("model", false, 3, 3);
  engine.set_filters({.threshold = 0, .max_instances = 1000, .max_wait = 5});
  std::vector<Shown> video = moving(13);
  for (const std::size_t skipped : {2, 3, 4, 5}) video[skipped].infer = false;
  for (const FrameResult& result : play(engine, video)) EXPECT_FALSE(result.instances.empty()) << result.frame;
}

// A limit that regular skipping does not reach changes nothing.
TEST_F(Pipelined, ALimitThatIsNotReachedChangesNothing) {
  for (const char* model : {"model", "both", "past", "far"})
    for (const auto& [window, stride] : {std::pair{3, 1}, {3, 2}, {2, 2}}) {
      StreamingEngine patient = open(model, false, window, stride), limited = open(model, false, window, stride);
      std::vector<Shown> video = moving(13);
      for (std::size_t n = 0; n < video.size(); ++n) video[n].infer = n % 2 == 0;
      limited.set_filters({.threshold = 0, .max_instances = 1000, .max_wait = 2 * limited.latency_frames()});
      expect_same_video(play(limited, video), play(patient, video));
    }
}

TEST_F(Pipelined, AResetInTheMiddleLeavesNothing) {
  const std::vector<FrameResult> fresh = [] {
    StreamingEngine engine = open("both", true);
    return play(engine, moving(6));
  }();
  StreamingEngine engine = open("both", true);
  std::uint64_t ids = 0;
  for (int before = 0; before < 7; ++before) {
    for (const Shown& shown : moving(before, 20)) ids = std::max(ids, last_id(push(engine, shown)));
    engine.reset();
    const auto after = play(engine, moving(6));
    expect_same_video(after, fresh, ids);
    ids = last_id(after);
  }
}

TEST_F(Pipelined, ADrainInTheMiddleGivesAllAndBeginsAnew) {
  for (int before = 1; before < 7; ++before) {
    StreamingEngine plain = open("both", false), pipelined = open("both", true);
    expect_same_video(play(pipelined, moving(before)), play(plain, moving(before)));
    expect_same_video(play(pipelined, moving(5, 20)), play(plain, moving(5, 20)));
    EXPECT_TRUE(pipelined.drain().empty());
  }
}

TEST_F(Pipelined, AnEngineMayGoInTheMiddle) {
  for (int before = 0; before < 7; ++before) {
    StreamingEngine engine = open("far", true);
    for (const Shown& shown : moving(before)) push(engine, shown);
  }  // a sanitizer sees a search that outlives it
}

TEST_F(Pipelined, AFrameThatCannotBeReadEndsTheStreamAndTheNextBegins) {
  StreamingEngine plain = open("both", false), pipelined = open("both", true);
  for (int before = 0; before < 6; ++before)
    for (StreamingEngine* engine : {&plain, &pipelined}) {
      for (const Shown& shown : moving(before)) push(*engine, shown);
      EXPECT_THROW(engine->push({.size = kSize, .planes = {nullptr}, .strides = {kSize.width * 3}}, 0, true), Error);
      EXPECT_TRUE(engine->drain().empty());
    }
  const auto results = play(pipelined, moving(6));
  EXPECT_EQ(results.front().frame, 0U);
  EXPECT_EQ(results.size(), 6U);
}

}  // namespace
}  // namespace vcl
