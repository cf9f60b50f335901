// SPDX-License-Identifier: LGPL-2.1-or-later
// Motion as an input of the network: planes, look-ahead, cuts, holes, models with and without it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <set>

#include "libvcl/engine/motion/motion_planes.hpp"
#include "libvcl/engine/stream/lightness.hpp"
#include "libvcl/engine/stream/whole_video_engine.hpp"
#include "stream_fixture.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr Size kSize{97, 61};
constexpr std::int64_t kInterval = 40'000'000;  // nanoseconds

/// Motion takes the place of the prior of older models.
Model without_motion() {
  Model model = small_model();
  model.config.erase("motion_prior");
  return model;
}

/// `weights`: of the stem for motion. Says of nothing that it moves.
Model with_motion(const std::vector<int>& neighbours, double weights) {
  Model model = small_model();
  train::add_motion(model, neighbours);
  model.weights.tensors().at("sem_seg_head.moves.weight").zero_();
  model.weights.tensors().at("sem_seg_head.moves.bias").fill_(-1000);
  at::Tensor planes = model.weights.tensors().at("backbone.stem.conv1.weight").slice(1, 3);
  planes.copy_(at::randn(planes.sizes()) * weights);
  return model;
}

class MotionStream : public Stream {
 protected:
  static void SetUpTestSuite() {
    Stream::SetUpTestSuite();
    save_model(path("model.safetensors"), without_motion());
    save_model(path("widened.safetensors"), with_motion({-1, 1}, 0));
    save_model(path("moving.safetensors"), with_motion({-1, 1}, 0.5));
    save_model(path("past.safetensors"), with_motion({-1, -2}, 0.5));
    save_model(path("far.safetensors"), with_motion({3, -1}, 0.5));
  }

  static std::unique_ptr<Engine> open_model(const std::string& name, bool whole = false, Motion motion = Motion::Auto,
                                            int window = 3, int stride = 2) {
    const EngineOptions options = {.model = path(name + ".safetensors"),
                                   .device = "cpu",
                                   .threads = 1,
                                   .window = window,
                                   .stride = stride,
                                   .motion = motion};
    std::unique_ptr<Engine> engine = open(options, whole);
    engine->set_filters({.threshold = 0, .max_instances = 1000});
    return engine;
  }
};

using Rgb = std::vector<std::uint8_t>;

Rgb negative(Rgb picture) {
  for (std::uint8_t& value : picture) value = std::uint8_t(255 - value);
  return picture;
}

struct Shown {
  Rgb rgb;
  std::int64_t pts = 0;
  bool infer = true;
};

std::vector<FrameResult> play(Engine& engine, const std::vector<Shown>& frames, Size size = kSize) {
  std::vector<FrameResult> all;
  for (const Shown& frame : frames) {
    const FrameView view{.size = size, .planes = {frame.rgb.data()}, .strides = {size.width * 3}};
    std::ranges::move(engine.push(view, frame.pts, frame.infer), std::back_inserter(all));
  }
  std::ranges::move(engine.drain(), std::back_inserter(all));
  return all;
}

double total_score(const std::vector<FrameResult>& results) {
  double sum = 0;
  for (const FrameResult& result : results)
    for (const Instance& instance : result.instances) sum += instance.score;
  return sum;
}

TEST_F(MotionStream, AStemWidenedWithZerosSaysWhatItSaidToTheBit) {
  for (const bool whole : {false, true}) {
    const auto before = run(*open_model("model", whole), 9, 2);
    EXPECT_GT(instances_in(before), 0U);
    expect_same(run(*open_model("widened", whole, Motion::Off), 9, 2), before);
    if (whole) expect_same(run(*open_model("widened", whole), 9, 2), before);  // windows carry masks along
    expect_same(run(*open_model("model", whole, Motion::Off), 9, 2), before);
  }
}

TEST_F(MotionStream, OffIsTheNetworkWithoutMotionAndOnIsNot) {
  for (const bool whole : {false, true}) {
    const auto off = run(*open_model("moving", whole, Motion::Off), 7);
    expect_same(off, run(*open_model("model", whole), 7));
    const double change = total_score(run(*open_model("moving", whole), 7)) - total_score(off);
    EXPECT_GT(std::abs(change), 0.005 * total_score(off));
  }
}

TEST_F(MotionStream, AFrameAloneHasNoMotion) {
  for (const bool whole : {false, true})
    expect_same(run(*open_model("moving", whole), 1), run(*open_model("model", whole), 1));
}

/// Queries that mark their places and nothing else, whatever others mark.
Model of_places(Model model) {
  model.config.update({{"overlap", 1}, {"duplicate_iou", 1}});
  for (const char* part : {"weight", "bias"})
    model.weights.tensors().at(std::string("sem_seg_head.pixel_decoder.mask_features.") + part).zero_();
  return model;
}

TEST_F(MotionStream, FineMasksLieWhereCoarseOnesDo) {
  Model fine = with_motion({-1, 1}, 0.5);
  train::add_fine_masks(fine);
  save_model(path("coarse-places.safetensors"), of_places(with_motion({-1, 1}, 0.5)));
  save_model(path("fine-places.safetensors"), of_places(fine));
  for (const bool whole : {false, true}) {
    const auto coarse_results = run(*open_model("coarse-places", whole), 6);
    const auto fine_results = run(*open_model("fine-places", whole), 6);
    ASSERT_EQ(coarse_results.size(), fine_results.size());
    EXPECT_GT(instances_in(fine_results), 6U);
    for (std::size_t i = 0; i < fine_results.size(); ++i)
      for (const Instance& instance : fine_results[i].instances) {
        double best = 0;
        for (const Instance& other : coarse_results[i].instances)
          best = std::max(best, rle_iou(instance.mask, other.mask));
        EXPECT_GT(best, 0.8);
      }
  }
}

TEST_F(MotionStream, HoldsBackNoMoreThanItSays) {
  const auto ready = [](Engine& engine) {
    std::vector<std::size_t> counts;
    for (int i = 0; i < 8; ++i) counts.push_back(push(engine, i).size());
    return counts;
  };
  using Counts = std::vector<std::size_t>;
  const auto next = open_model("moving"), past = open_model("past"), far = open_model("far"),
             off = open_model("far", false, Motion::Off);
  EXPECT_EQ(next->latency_frames(), 3);
  EXPECT_EQ(ready(*next), (Counts{0, 0, 0, 2, 0, 2, 0, 2}));
  EXPECT_EQ(past->latency_frames(), 2);
  EXPECT_EQ(ready(*past), (Counts{0, 0, 2, 0, 2, 0, 2, 0}));
  EXPECT_EQ(far->latency_frames(), 5);
  EXPECT_EQ(ready(*far), (Counts{0, 0, 0, 0, 0, 2, 0, 2}));
  EXPECT_EQ(off->latency_frames(), 2);
  EXPECT_EQ(ready(*off), (Counts{0, 0, 2, 0, 2, 0, 2, 0}));
}

TEST_F(MotionStream, EveryFrameGetsItsResultInOrder) {
  for (const char* model : {"moving", "past", "far"})
    for (const bool whole : {false, true})
      for (const int frames : {1, 2, 4, 7})
        for (const int skip_every : {0, 3}) {
          const auto results = run(*open_model(model, whole), frames, skip_every);
          ASSERT_EQ(results.size(), std::size_t(frames));
          for (int i = 0; i < frames; ++i) {
            EXPECT_EQ(results[i].frame, std::uint64_t(i));
            EXPECT_EQ(results[i].pts, i * kInterval);
            EXPECT_EQ(results[i].stale, skip_every != 0 && i % skip_every != 0);
          }
        }
}

TEST_F(MotionStream, SkippedFramesAreNoNeighbours) {
  const std::vector<int> inferred = {0, 1, 4, 5, 6, 11, 12};
  for (const bool whole : {false, true}) {
    std::vector<Shown> with, without;
    for (int i = 0; i <= inferred.back(); ++i) {
      const bool infer = std::ranges::find(inferred, i) != inferred.end();
      with.push_back({picture(i, kSize), i * kInterval, infer});
      if (infer) without.push_back(with.back());
    }
    auto results = play(*open_model("moving", whole), with);
    ASSERT_EQ(results.size(), with.size());
    std::erase_if(results, &FrameResult::stale);
    auto alone = play(*open_model("moving", whole), without);
    for (std::size_t i = 0; i < alone.size(); ++i) results[i].frame = alone[i].frame;
    if (whole) {  // its code of time is that of the inferred frames
      expect_same(results, alone);
      continue;
    }
    ASSERT_EQ(results.size(), alone.size());
    EXPECT_NEAR(total_score(results), total_score(alone), 1e-4 * total_score(alone));
  }
}

TEST_F(MotionStream, AShotIsAVideoByItself) {
  std::vector<Shown> first, second, both;
  for (int i = 0; i < 7; ++i) first.push_back({picture(i, kSize), i * kInterval});
  for (int i = 7; i < 12; ++i) second.push_back({negative(picture(i, kSize)), i * kInterval});
  both = first;
  both.insert(both.end(), second.begin(), second.end());
  for (const char* model : {"moving", "past"})
    for (const bool whole : {false, true}) {
      const auto a = play(*open_model(model, whole), first), b = play(*open_model(model, whole), second);
      std::set<std::uint64_t> ids;
      for (const FrameResult& result : a)
        for (const Instance& instance : result.instances) ids.insert(instance.track_id);
      ASSERT_FALSE(ids.empty());
      const auto all = play(*open_model(model, whole), both);
      ASSERT_EQ(all.size(), a.size() + b.size());
      const auto cut = all.begin() + std::ptrdiff_t(a.size());
      expect_same({all.begin(), cut}, a);
      expect_same({cut, all.end()}, b, a.size(), *ids.rbegin());
    }
}

TEST_F(MotionStream, ACutEndsNothingWithoutMotion) {
  std::vector<Shown> frames;
  for (int i = 0; i < 10; ++i)
    frames.push_back({i < 5 ? picture(0, kSize) : negative(picture(0, kSize)), i * kInterval});
  const auto on = play(*open_model("moving"), frames), off = play(*open_model("moving", false, Motion::Off), frames);
  const auto ids_shared = [&](const std::vector<FrameResult>& results) {
    std::set<std::uint64_t> first, last;
    for (const FrameResult& result : results)
      for (const Instance& instance : result.instances) (result.frame < 5 ? first : last).insert(instance.track_id);
    return std::ranges::count_if(last, [&](std::uint64_t id) { return first.contains(id); });
  };
  EXPECT_EQ(ids_shared(on), 0);
  EXPECT_GT(ids_shared(off), 0);
}

/// A stream of canvases through MotionInput alone.
class MotionFrames : public testing::Test {
 protected:
  /// Waves that move to the right, or another scene, which stands still.
  static at::Tensor canvas(int frame, bool other_scene = false) {
    const at::Tensor y = at::arange(64, at::kFloat).unsqueeze(1), x = at::arange(96, at::kFloat).unsqueeze(0) - frame;
    const at::Tensor wave = (x / 4 + y / 7).sin() * 60 + (x / 9 - y / 5).cos() * 50 + 127;
    const at::Tensor blocks = at::where(x + frame < 48, 10, at::where(y < 30, 240.0f, 120.0f));
    return (other_scene ? blocks : wave).expand({1, 3, 64, 96}).contiguous();
  }
  static at::Tensor flash() { return at::full({1, 3, 64, 96}, 250.0f); }

  /// Whether a cut lies before each of the frames.
  static std::vector<bool> cuts(MotionInput input, const std::vector<at::Tensor>& canvases) {
    std::vector<bool> found;
    const auto take = [&](bool ended) {
      while (const auto frame = input.next(ended)) {
        EXPECT_EQ(frame->number, found.size());
        found.push_back(frame->cut);
      }
    };
    for (std::size_t i = 0; i < canvases.size(); ++i) {
      input.push(i, canvases[i], kBox, std::int64_t(i) * kInterval);
      take(false);
    }
    take(true);
    EXPECT_EQ(found.size(), canvases.size());
    return found;
  }

  static constexpr Letterbox kBox{{192, 120}, {96, 60}, {96, 64}};
};

TEST_F(MotionFrames, EachHasThePlanesToItsNeighbours) {
  for (const auto& [neighbours, pipelined] : {std::pair{std::vector{-1, 1}, false},
                                              {{1}, false},
                                              {{-1, -2}, false},
                                              {{2, -3, 1}, false},
                                              {{-1, 1}, true},
                                              {{-1, -2}, true}}) {
    MotionInput input(neighbours, pipelined);
    int taken = 0;
    const auto check = [&](const MotionInput::Frame& frame) {
      EXPECT_EQ(frame.number, std::uint64_t(taken));
      EXPECT_TRUE(frame.canvas.equal(canvas(taken)));
      EXPECT_FALSE(frame.cut);
      const at::Tensor expected = at::zeros({1, kMotionPlanes * std::int64_t(neighbours.size()), 64, 96});
      bool known = false;
      for (std::size_t i = 0; i < neighbours.size(); ++i) {
        const int other = taken + neighbours[i];
        if (other < 0 || other >= 8) continue;
        const Plane own = lightness(canvas(taken), kBox.content), theirs = lightness(canvas(other), kBox.content);
        known |= motion_planes(own, theirs, kBox.canvas,
                               expected.mutable_data_ptr<float>() + i * std::size_t(kMotionPlanes) * 64 * 96);
      }
      ASSERT_EQ(frame.planes.defined(), known);
      EXPECT_TRUE(!known || frame.planes.equal(expected));
      ++taken;
    };
    for (int i = 0; i < 8; ++i) {
      input.push(std::uint64_t(i), canvas(i), kBox, i * kInterval);
      while (const auto frame = input.next(false)) check(*frame);
      EXPECT_EQ(taken, std::max(0, i + 1 - input.delay()));
    }
    while (const auto frame = input.next(true)) check(*frame);
    EXPECT_EQ(taken, 8);
  }
}

TEST_F(MotionFrames, ACutIsWhereASceneEndsAndNotAFlash) {
  using Cuts = std::vector<bool>;
  const auto a = [](int i) { return canvas(i); };
  const auto b = [](int i) { return canvas(i, true); };
  EXPECT_EQ(cuts(MotionInput({-1, 1}), {a(0), a(1), a(2), b(3), b(4), b(5)}), (Cuts{0, 0, 0, 1, 0, 0}));
  EXPECT_EQ(cuts(MotionInput({-1, 1}), {a(0), b(1)}), (Cuts{0, 1}));
  EXPECT_EQ(cuts(MotionInput({-1, 1}), {a(0), a(1), flash(), a(3), a(4)}), (Cuts{0, 0, 0, 0, 0}));
  EXPECT_EQ(cuts(MotionInput({-1, 1}), {a(0), flash(), a(2), flash(), a(4), flash()}), (Cuts{0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(cuts(MotionInput({-1, 1}), {a(0), a(1), flash(), b(3), b(4)}), (Cuts{0, 0, 1, 1, 0}));
  EXPECT_EQ(cuts(MotionInput({-2, -1}), {a(0), a(1), a(2), b(3), b(4), b(5)}), (Cuts{0, 0, 0, 1, 0, 0}));
  EXPECT_EQ(cuts(MotionInput({-1, 1}, true), {a(0), a(1), flash(), b(3), b(4)}), (Cuts{0, 0, 1, 1, 0}));
  for (const bool pipelined : {false, true})  // a network that looks back alone cannot know that it is a flash
    EXPECT_EQ(cuts(MotionInput({-1}, pipelined), {a(0), a(1), flash(), a(3), a(4)}), (Cuts{0, 0, 1, 0, 0}));
  EXPECT_EQ(cuts(MotionInput({2}), {a(0), a(1), a(2), b(3), b(4), b(5)}), (Cuts{0, 0, 0, 1, 0, 0}));
  EXPECT_EQ(cuts(MotionInput({}), {a(0), b(1), a(2), b(3)}), (Cuts{0, 0, 0, 0}));
}

TEST_F(MotionFrames, ThereIsNoMotionOverAHoleInTimeAndNoCut) {
  const auto known = [](const std::vector<std::int64_t>& times) {
    MotionInput input({-1});
    std::vector<bool> result;
    for (std::size_t i = 0; i < times.size(); ++i) {
      input.push(i, canvas(int(i)), kBox, times[i]);
      const auto frame = input.next(false);
      EXPECT_FALSE(frame->cut);
      result.push_back(frame->planes.defined());
    }
    return result;
  };
  constexpr std::int64_t second = 1'000'000'000, most = std::numeric_limits<std::int64_t>::max();
  using Known = std::vector<bool>;
  EXPECT_EQ(known({0, kInterval, 2 * kInterval, 5 * second, 5 * second + kInterval}), (Known{0, 1, 1, 0, 1}));
  EXPECT_EQ(known({0, kInterval, 2 * kInterval, second, second + kInterval}), (Known{0, 1, 1, 1, 1})) << "short";
  EXPECT_EQ(known({0, 9 * second, 18 * second, 30 * second, 40 * second}), (Known{0, 1, 1, 1, 1})) << "slow";
  EXPECT_EQ(known({0, kInterval, 0, 100 * second, 101 * second}), (Known{0, 1, 1, 0, 1})) << "going back is none";
  EXPECT_EQ(known({-1, -1, -5, -most, most}), (Known{0, 1, 1, 1, 1})) << "times that mean nothing";
  EXPECT_EQ(known({7, 7, 7, 7, 7}), (Known{0, 1, 1, 1, 1}));
}

TEST_F(MotionFrames, NothingIsRememberedOverAnEnd) {
  MotionInput input({-1, 1});
  input.push(0, canvas(0), kBox, 0);
  input.push(1, canvas(1), kBox, kInterval);
  input.clear();
  EXPECT_FALSE(input.next(true));
  input.push(0, canvas(2), kBox, 2 * kInterval);
  EXPECT_FALSE(input.next(true)->planes.defined());
}

TEST_F(MotionFrames, MemoryDoesNotGrowWithTheStream) {
  MotionInput input({-1, 2});
  std::vector<c10::weak_intrusive_ptr<c10::TensorImpl>> canvases;
  for (int i = 0; i < 40; ++i) {
    const at::Tensor pushed = canvas(i, i % 2 == 1);  // cuts at every frame
    canvases.emplace_back(pushed.getIntrusivePtr());
    input.push(std::uint64_t(i), pushed, kBox, i);
    while (input.next(false)) continue;
  }
  EXPECT_EQ(std::ranges::count_if(canvases, [](const auto& canvas) { return !canvas.expired(); }), 2);
}

/// Videos that no camera gives.
std::vector<std::vector<Shown>> odd_videos(Size size, int frames) {
  std::mt19937 random(11);
  const auto even = [&](int value) { return Rgb(std::size_t(size.width) * size.height * 3, std::uint8_t(value)); };
  const auto noise = [&] {
    Rgb rgb = even(0);
    for (std::uint8_t& value : rgb) value = std::uint8_t(random());
    return rgb;
  };
  const Rgb frozen = noise();
  std::vector<std::vector<Shown>> videos(6);
  for (int i = 0; i < frames; ++i) {
    videos[0].push_back({even(90), i});                           // one color
    videos[1].push_back({noise(), -i});                           // noise, times going back
    videos[2].push_back({frozen, 5});                             // a frozen camera, equal times
    videos[3].push_back({i % 2 == 0 ? even(255) : even(0), -1});  // strobe light, no times
    videos[4].push_back({i % 2 == 0 ? frozen : negative(frozen), std::int64_t(random())});  // cuts, times in disorder
    videos[5].push_back({noise(), i % 2 == 0 ? 0 : std::numeric_limits<std::int64_t>::max()});
  }
  return videos;
}

TEST_F(MotionStream, BadInputGivesNumbersAndOneResultAFrame) {
  for (const Size size : {Size{97, 61}, {2, 2}, {64, 1}})
    for (const int frames : {1, 6})
      for (const auto& video : odd_videos(size, frames))
        for (const bool whole : {false, true}) {
          const auto results = play(*open_model("moving", whole), video, size);
          ASSERT_EQ(results.size(), video.size());
          for (const FrameResult& result : results)
            for (const Instance& instance : result.instances)
              ASSERT_TRUE(instance.score >= 0 && instance.score <= 1) << instance.score;
        }
}

TEST_F(MotionStream, ADamagedConfigurationIsRefusedByName) {
  const auto refusal = [](const Model& model) -> std::string {
    save_model(path("damaged.safetensors"), model);
    try {
      open_model("damaged");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Unreadable);
      EXPECT_NE(std::string(error.what()).find(path("damaged.safetensors")), std::string::npos) << error.what();
      return error.what();
    }
    return "accepted";
  };
  const auto names = [](const std::string& refused, const char* what) {
    EXPECT_NE(refused.find(what), std::string::npos) << refused;
  };
  using Json = nlohmann::json;
  EXPECT_EQ(refusal(with_motion({-1, 1}, 0)), "accepted");
  for (const Json& motion : {Json(true), Json("yes"), Json(nullptr), Json::array({-1, 1}), Json::object()}) {
    Model model = with_motion({-1, 1}, 0);
    model.config["motion"] = motion;
    names(refusal(model), "\"motion\"");
  }
  for (const char* neighbours :
       {"1", "[]", "[0, 1]", "[1, 1]", "[-1, 9]", "[-9, 1]", "[0.5, 1]", "[\"1\", 1]", "[null, 1]", "{\"a\": 1}",
        "[1, 2, 3, 4, 5]", "[18446744073709551615, 1]", "[-9223372036854775808, 1]", "[[1], 1]", "[true, 1]"}) {
    Model model = with_motion({-1, 1}, 0);
    model.config["motion"]["neighbours"] = Json::parse(neighbours);
    names(refusal(model), "\"neighbours\"");
  }
  Model fewer = with_motion({-1, 1}, 0), more = with_motion({-1}, 0), unsaid = with_motion({-1}, 0),
        plain = small_model(), headless = with_motion({-1, 1}, 0), narrow = with_motion({-1, 1}, 0),
        stray = small_model();
  fewer.config["motion"]["neighbours"] = {1};
  names(refusal(fewer), "the stem takes 17 planes");
  more.config["motion"]["neighbours"] = {1, 2};
  names(refusal(more), "the stem takes 10 planes");
  unsaid.config.erase("motion");
  names(refusal(unsaid), "the stem takes 10 planes");
  plain.config["motion"] = {{"neighbours", {-1, 1}}};
  names(refusal(plain), "the stem takes 3 planes");
  headless.weights.tensors().erase("sem_seg_head.moves.weight");
  headless.weights.tensors().erase("sem_seg_head.moves.bias");
  names(refusal(headless), "sem_seg_head.moves");
  narrow.weights.tensors().at("sem_seg_head.moves.weight") = at::zeros({1, 3, 1, 1});
  names(refusal(narrow), "does not fit");
  stray.weights.tensors()["sem_seg_head.moves.weight"] = at::zeros({1, 32, 1, 1});
  names(refusal(stray), "sem_seg_head.moves");
}

}  // namespace
}  // namespace vcl
