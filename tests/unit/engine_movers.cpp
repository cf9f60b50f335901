// SPDX-License-Identifier: LGPL-2.1-or-later
// What moves keeps its track, whichever query finds it; and engines whose network says what moves.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <set>

#include "libvcl/engine/stream/whole_video_engine.hpp"
#include "libvcl/engine/stream/window_tracks.hpp"
#include "stream_fixture.hpp"

namespace vcl {
namespace {

constexpr std::int64_t kHeight = 16, kWidth = 24;  // mask cells
constexpr std::int64_t kFrames = 3;                // of a window
constexpr std::uint64_t kMaxAge = 30;

/// Logits of a box: 4 inside, -4 outside.
at::Tensor box(std::int64_t x, std::int64_t y, std::int64_t width = 5, std::int64_t height = 5) {
  at::Tensor logits = at::full({kHeight, kWidth}, -4.0F);
  logits.slice(0, y, y + height).slice(1, x, x + width).fill_(4);
  return logits;
}

at::Tensor nothing() {
  return at::full({kHeight, kWidth}, -4.0F);
}

/// A part of what moves and the query that explains it.
struct Mover {
  at::Tensor mask;
  int query;
};

/// Windows over a still picture. Query i, of an embedding like no other's, has the i-th mask in all frames.
class Scene {
 public:
  explicit Scene(int shared, Size content = {int(kWidth), int(kHeight)}) : shared_(shared), content_(content) {}

  void look(const std::vector<at::Tensor>& masks, const std::vector<Mover>& movers = {}, int times = 1) {
    for (int i = 0; i < times; ++i) look_once(masks, movers);
  }

  /// The id of the only reported track with this mask in the newest frame; 0: there is not one.
  std::uint64_t id_on(const at::Tensor& mask) const {
    std::vector<std::uint64_t> ids;
    for (const auto& [key, track] : tracks_.alive())
      if (track.id != 0 && track.present() && at::equal(track.last, mask.gt(0))) ids.push_back(track.id);
    return ids.size() == 1 ? ids[0] : 0;
  }

 private:
  void look_once(const std::vector<at::Tensor>& masks, const std::vector<Mover>& movers) {
    const auto in_all_frames = [](const at::Tensor& mask) { return mask.expand({kFrames, -1, -1}); };
    const std::int64_t queries = std::int64_t(masks.size());
    WindowQueries window;
    window.shared = seen_ == 0 ? 0 : shared_;
    const std::uint64_t first = seen_ - std::uint64_t(window.shared);
    for (int frame = 0; frame < kFrames; ++frame) window.frames.push_back(first + std::uint64_t(frame));
    seen_ = first + kFrames;
    std::vector<at::Tensor> logits, parts;
    for (const at::Tensor& mask : masks) logits.push_back(in_all_frames(mask));
    window.logits = at::stack(logits);
    window.scores = at::full({queries}, 0.8);
    window.embeddings = at::eye(queries, 9);
    for (const Mover& mover : movers) {
      parts.push_back(
          in_all_frames(mover.mask.gt(0)).slice(1, 0, content_.height).slice(2, 0, content_.width).contiguous());
      window.moving.query.push_back(mover.query);
    }
    if (!parts.empty()) window.moving.parts = at::stack(parts);
    tracks_.update(window, kMaxAge);
    for (const auto& [key, track] : tracks_.alive())
      if (track.present()) tracks_.report(key);
  }

  const int shared_;
  const Size content_;
  std::uint64_t seen_ = 0;
  WindowTracks tracks_;
};

/// Scenes of windows that share none, some or most of their frames.
class Movers : public testing::TestWithParam<int> {
 protected:
  Scene scene{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Shared, Movers, testing::Values(0, 1, 2));

TEST_P(Movers, WhatMovesKeepsItsTrackWhenAnotherQueryExplainsIt) {
  const at::Tensor thing = box(4, 5), beside = box(6, 5);  // IoU 3/7: the old query could go on
  scene.look({thing, nothing()}, {{thing, 0}}, 4);
  const std::uint64_t id = scene.id_on(thing);
  ASSERT_NE(id, 0U);
  for (int i = 0; i < 3; ++i) {
    scene.look({beside, thing}, {{thing, 1}});
    EXPECT_EQ(scene.id_on(thing), id);
    EXPECT_NE(scene.id_on(beside), 0U);
  }
  scene.look({thing, beside}, {{thing, 0}});
  EXPECT_EQ(scene.id_on(thing), id) << "and back";
}

TEST_P(Movers, WithoutMotionTheQueryKeepsTheTrack) {
  const at::Tensor thing = box(4, 5), beside = box(6, 5);
  const std::vector<Mover> by_first = {{thing, 0}}, by_second = {{thing, 1}}, by_none = {{thing, -1}}, unknown;
  using History = std::pair<std::vector<Mover>, std::vector<Mover>>;  // before the change and then
  for (const auto& [before, then] : {History{unknown, unknown},
                                     {by_first, unknown},
                                     {by_first, by_none},
                                     {unknown, by_second},
                                     {by_none, by_second}}) {
    Scene other(GetParam());
    other.look({thing, nothing()}, before, 4);
    const std::uint64_t id = other.id_on(thing);
    ASSERT_NE(id, 0U);
    other.look({beside, thing}, then);
    EXPECT_EQ(other.id_on(beside), id);
    EXPECT_NE(other.id_on(thing), id);
  }
}

TEST_P(Movers, WhereTwoThatMovedMeetEachQueryKeepsItsTrack) {
  const at::Tensor left = box(4, 5), right = box(9, 5), both = box(4, 5, 10);
  scene.look({left, right, nothing()}, {{left, 0}, {right, 1}}, 4);
  const std::uint64_t left_id = scene.id_on(left), right_id = scene.id_on(right);
  scene.look({left, right, both}, {{both, 2}}, 3);
  EXPECT_EQ(scene.id_on(left), left_id);
  EXPECT_EQ(scene.id_on(right), right_id);
  EXPECT_NE(scene.id_on(both), 0U);
}

TEST_P(Movers, ThePartGoesToTheTrackThatMovedMostOften) {
  const at::Tensor left = box(4, 5), right = box(9, 5), both = box(4, 5, 10);
  scene.look({left, right, nothing()}, {{right, 1}});
  scene.look({left, right, nothing()}, {{left, 0}}, 3);
  const std::uint64_t left_id = scene.id_on(left), right_id = scene.id_on(right);
  scene.look({left, right, both}, {{both, 2}});
  EXPECT_EQ(scene.id_on(both), left_id) << "the other moved once, by chance";
  EXPECT_EQ(scene.id_on(right), right_id);
}

TEST_P(Movers, APartElsewhereIsAnotherThing) {
  const at::Tensor thing = box(4, 5), elsewhere = box(14, 5), touching = box(7, 5);  // IoU 2/8
  scene.look({thing, nothing()}, {{thing, 0}}, 4);
  const std::uint64_t id = scene.id_on(thing);
  scene.look({thing, elsewhere}, {{elsewhere, 1}}, 2);
  EXPECT_EQ(scene.id_on(thing), id);
  Scene other(GetParam());
  other.look({thing, nothing()}, {{thing, 0}}, 4);
  other.look({nothing(), touching}, {{touching, 1}});
  EXPECT_EQ(other.id_on(touching), 1U) << "it covers enough of the thing";
}

TEST_P(Movers, OneQueryMayExplainSeveralParts) {
  const at::Tensor left = box(4, 5), right = box(10, 5), both = at::maximum(left, right);
  scene.look({both, nothing()}, {{left, 0}, {right, 0}}, 4);
  const std::uint64_t id = scene.id_on(both);
  scene.look({box(4, 5, 8), both}, {{left, 1}, {right, 1}}, 2);
  EXPECT_EQ(scene.id_on(both), id);
}

TEST_P(Movers, SeveralPartsOfOneMoverCountOnce) {
  const at::Tensor thing = box(4, 5, 9), left = box(4, 5, 3), middle = box(7, 5, 3), right = box(10, 5, 3);
  const at::Tensor ends = at::maximum(left, right);
  scene.look({thing, nothing()}, {{thing, 0}}, 4);
  const std::uint64_t id = scene.id_on(thing);
  ASSERT_NE(id, 0U);
  scene.look({middle, ends}, {{left, 1}, {middle, 0}, {right, 1}});
  EXPECT_EQ(scene.id_on(middle), id) << "both queries explain it: the one that is alike goes on";
  EXPECT_NE(scene.id_on(ends), id);
}

TEST_P(Movers, PartsLieInTheContentOfALetterbox) {
  Scene boxed(GetParam(), {int(kWidth) - 4, int(kHeight) - 5});
  const at::Tensor thing = box(4, 5), beside = box(6, 5), padding = box(0, 11, kWidth);
  boxed.look({at::maximum(thing, padding), nothing()}, {{thing, 0}}, 4);
  const std::uint64_t id = boxed.id_on(at::maximum(thing, padding));
  ASSERT_NE(id, 0U);
  boxed.look({beside, thing}, {{thing, 1}});
  EXPECT_EQ(boxed.id_on(thing), id) << "what lies in the padding says nothing";
}

TEST_P(Movers, RandomQueriesFindThemAndTheyKeepTheirIds) {
  std::mt19937 random(GetParam());
  const auto uniform = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int trial = 0; trial < 20; ++trial) {
    Scene world(GetParam());
    std::vector<int> order(6), x = {uniform(2, 14), uniform(2, 14)};
    std::iota(order.begin(), order.end(), 0);
    std::vector<std::uint64_t> ids;
    for (int step = 0; step < 12; ++step) {
      std::ranges::shuffle(order, random);
      std::vector<at::Tensor> masks(order.size(), nothing());
      std::vector<Mover> movers;
      for (int thing = 0; thing < 2; ++thing) {
        x[thing] = std::clamp(x[thing] + uniform(-1, 1), 2, 14);
        const at::Tensor place = box(x[thing], 1 + 9 * thing);
        masks[order[thing]] = place;
        masks[order[thing + 2]] = box(x[thing] + 2, 1 + 9 * thing);  // others that could take the track
        masks[order[thing + 4]] = box(x[thing] - 2, 1 + 9 * thing);
        movers.push_back({place, order[thing]});
      }
      world.look(masks, movers);
      const std::vector<std::uint64_t> now = {world.id_on(masks[order[0]]), world.id_on(masks[order[1]])};
      ASSERT_TRUE(now[0] != 0 && now[1] != 0) << trial << " step " << step;
      if (ids.empty()) ids = now;
      ASSERT_EQ(now, ids) << trial << " step " << step;
    }
  }
}

TEST_P(Movers, APartialThingIsNoBetterMover) {
  const at::Tensor left = box(4, 5), right = box(9, 5), both = box(4, 5, 10);
  const std::vector<Mover> apart = {{box(4, 5, 1), 0}, {box(6, 5, 1), 0}, {box(8, 5, 1), 0}, {right, 1}};
  scene.look({left, right, nothing()}, apart, 4);
  const std::uint64_t left_id = scene.id_on(left), right_id = scene.id_on(right);
  scene.look({left, right, both}, {{both, 2}});
  EXPECT_EQ(scene.id_on(left), left_id) << "it moved in as many windows as the other";
  EXPECT_EQ(scene.id_on(right), right_id);
}

/// Engines with a network that says what moves.
class MovingStream : public Stream {
 protected:
  /// `bias`: logit of each cell to move; `weights`: how much what is seen there counts.
  static Model saying(double bias, double weights = 0) {
    Model model = small_model();
    model.config.erase("motion_prior");
    model.config.update({{"overlap", 1}, {"duplicate_iou", 1}});
    train::add_motion(model, {-1, 1});
    at::Tensor says = model.weights.tensors().at("sem_seg_head.moves.weight");
    says.copy_(at::randn(says.sizes()) * weights);
    model.weights.tensors().at("sem_seg_head.moves.bias").fill_(bias);
    return model;
  }
  static void SetUpTestSuite() {
    Stream::SetUpTestSuite();
    save_model(path("nothing.safetensors"), saying(-1000));
    save_model(path("broken.safetensors"), saying(std::numeric_limits<double>::quiet_NaN()));
    save_model(path("all.safetensors"), saying(1000));
    save_model(path("some.safetensors"), saying(0, 1));
  }
  static std::vector<FrameResult> results_of(const std::string& model, bool whole, int stride = 3,
                                             Size size = {97, 61}) {
    const EngineOptions options = {
        .model = path(model + ".safetensors"), .device = "cpu", .threads = 1, .window = 3, .stride = stride};
    std::unique_ptr<Engine> engine = open(options, whole);
    engine->set_filters({.threshold = 0, .max_instances = 1000});
    std::vector<FrameResult> results;
    for (int i = 0; i < 8; ++i) std::ranges::move(push(*engine, i, true, size), std::back_inserter(results));
    std::ranges::move(engine->drain(), std::back_inserter(results));
    return results;
  }
};

TEST_F(MovingStream, EveryFrameGetsItsInstancesHoweverWindowsOverlap) {
  for (const char* model : {"all", "some"})
    for (const int stride : {0, 1, 2, 3}) {  // 0: whole
      const auto results = results_of(model, stride == 0, std::max(1, stride));
      ASSERT_EQ(results.size(), 8U);
      for (const FrameResult& result : results) {
        std::set<std::uint64_t> ids;
        EXPECT_FALSE(result.instances.empty());
        for (const Instance& instance : result.instances) {
          EXPECT_TRUE(ids.insert(instance.track_id).second) << "an id twice";
          EXPECT_TRUE(instance.score >= 0 && instance.score <= 1) << instance.score;
          EXPECT_TRUE(instance.area > 0 && instance.area <= 97 * 61) << instance.area;
        }
      }
    }
}

TEST_F(MovingStream, FramesMayBeFlatOrSmallerThanAMaskCell) {
  for (const Size size : {Size{2, 2}, {64, 1}, {1, 64}, {300, 20}})
    for (const char* model : {"all", "some"})
      for (const bool whole : {false, true}) {
        const auto results = results_of(model, whole, 3, size);
        ASSERT_EQ(results.size(), 8U);
        for (const FrameResult& result : results)
          for (const Instance& instance : result.instances) {
            EXPECT_TRUE(instance.score >= 0 && instance.score <= 1) << instance.score;
            EXPECT_LE(instance.area, std::uint64_t(size.width * size.height));
          }
      }
}

TEST_F(MovingStream, WhatMovesChangesTheMasksThatExplainItAndNoOthers) {
  for (const bool whole : {false, true}) {
    const auto without = results_of("nothing", whole), with = results_of("some", whole);
    ASSERT_EQ(without.size(), with.size());
    std::ptrdiff_t changed = 0, same = 0;
    for (std::size_t i = 0; i < with.size(); ++i) {
      const auto is_old = [&](const Instance& instance) {
        return std::ranges::count(without[i].instances, instance.mask, &Instance::mask) > 0;
      };
      const std::ptrdiff_t old = std::ranges::count_if(with[i].instances, is_old);
      same += old, changed += std::ptrdiff_t(with[i].instances.size()) - old;
    }
    EXPECT_GT(changed, 0) << whole;
    EXPECT_GT(same, 2 * changed) << whole;
  }
}

TEST_F(MovingStream, AHeadWithWeightsThatAreNoNumbersIsRefused) {
  for (const bool whole : {false, true}) {
    try {
      results_of("broken", whole);
      FAIL() << "the model was opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Unreadable);
      EXPECT_NE(std::string(error.what()).find("sem_seg_head.moves.bias"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace vcl
