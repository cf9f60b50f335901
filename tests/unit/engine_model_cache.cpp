// SPDX-License-Identifier: LGPL-2.1-or-later
// Engines of one model share its weights, and nothing else.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "libvcl/engine/device.hpp"
#include "libvcl/engine/stream/whole_video_engine.hpp"
#include "stream_fixture.hpp"
#include "vcl/error.hpp"
#include "vcl/json.hpp"
#include "vcl/threads.hpp"

namespace vcl {
namespace {

class ModelCache : public Stream {
 protected:
  static SegmentationModel model(const std::string& file, bool cache = true) {
    return SegmentationModel({.model = path(file), .device = "cpu", .threads = 1, .model_cache = cache});
  }

  /// Whether every tensor of the two lies in the same memory; fails when only some do.
  static bool share(const SegmentationModel& a, const SegmentationModel& b) {
    std::size_t same = 0;
    for (const auto& [name, tensor] : a.weights.tensors())
      same += tensor.const_data_ptr() == b.weights.tensors().at(name).const_data_ptr();
    EXPECT_TRUE(same == 0 || same == a.weights.tensors().size()) << same << " tensors are shared";
    return same > 0;
  }

  static std::vector<std::string> lines(Engine& engine, int first, int frames) {
    std::vector<std::string> text;
    const auto take = [&](const std::vector<FrameResult>& results) {
      for (const FrameResult& result : results) text.push_back(frame_to_json(result));
    };
    for (int i = first; i < first + frames; ++i) take(push(engine, i));
    take(engine.drain());
    return text;
  }
};

TEST(Threads, AreNoMoreThanTheProcessors) {
  const int before = at::get_num_threads();
  use_threads(1024);
  EXPECT_LE(at::get_num_threads(), usable_processors());
  EXPECT_THROW(use_threads(1025), Error);
  use_threads(before);
}

TEST_F(ModelCache, SharesTheWeightsOfOneFile) {
  fs::create_symlink(path("model.safetensors"), path("link.safetensors"));
  const SegmentationModel one = model("model.safetensors"), two = model("model.safetensors");
  EXPECT_TRUE(share(one, two));
  EXPECT_TRUE(share(one, model("link.safetensors")));  // another name for it
}

TEST_F(ModelCache, SharesNothingElsewhere) {
  save_model(path("other.safetensors"), small_model());
  const SegmentationModel one = model("model.safetensors");
  EXPECT_FALSE(share(one, model("other.safetensors")));
  EXPECT_FALSE(share(one, model("model.safetensors", false)));
  EXPECT_FALSE(share(model("model.safetensors", false), one));
}

// A file that was replaced is another model, also for those who name it as before.
TEST_F(ModelCache, ReadsAReplacedFileAnew) {
  save_model(path("changing.safetensors"), small_model());
  const SegmentationModel before = model("changing.safetensors");
  Model changed = small_model();
  for (auto& [name, tensor] : changed.weights.tensors())
    if (tensor.is_floating_point()) tensor = tensor * 0.5;
  save_model(path("changing.safetensors"), changed);
  const SegmentationModel after = model("changing.safetensors");
  EXPECT_FALSE(share(before, after));
  const auto& [name, tensor] = *after.weights.tensors().find("sem_seg_head.predictor.query_feat.weight");
  EXPECT_FALSE(tensor.equal(before.weights.tensors().at(name))) << name;
}

TEST_F(ModelCache, WeightsGoWithTheirLastUser) {
  c10::weak_intrusive_ptr<c10::StorageImpl> storage(c10::intrusive_ptr<c10::StorageImpl>{});
  {
    const SegmentationModel one = model("model.safetensors"), two = model("model.safetensors");
    storage = two.weights.tensors().begin()->second.storage().getWeakStorageImpl();
    EXPECT_FALSE(storage.expired());
  }
  EXPECT_TRUE(storage.expired());
}

// An opened model is used whatever becomes of its file, and goes with the last who has it.
TEST_F(ModelCache, AnOpenedModelOutlivesItsFileAndItsOpener) {
  const std::string file = path("short-lived.safetensors");
  save_model(file, small_model());
  const EngineOptions options{.model = file, .device = "cpu", .threads = 1, .model_cache = false};
  c10::weak_intrusive_ptr<c10::StorageImpl> storage(c10::intrusive_ptr<c10::StorageImpl>{});
  {
    auto opened = std::make_shared<const VideoModel>(open_video_model(options));
    storage = opened->model->weights.tensors().begin()->second.storage().getWeakStorageImpl();
    fs::remove(file);
    const SegmentationModel one({.model = "ignored", .threads = 1, .loaded = opened});
    const SegmentationModel two({.model = "ignored", .threads = 1, .loaded = opened});
    opened.reset();
    EXPECT_TRUE(share(one, two));
    EXPECT_FALSE(storage.expired());
  }
  EXPECT_TRUE(storage.expired());
}

/// Ends the call at the `end`-th of its questions; notes the progress.
class Ender final : public Watcher {
 public:
  explicit Ender(int end) : left_(end) {}
  bool cancelled() override { return left_-- <= 0; }
  void progress(double share) override { shares.push_back(share); }
  bool ended() const { return left_ < 0; }
  std::vector<double> shares;

 private:
  int left_;
};

std::optional<ErrorKind> error_of(const std::function<void()>& work) {
  try {
    work();
    return std::nullopt;
  } catch (const Error& error) {
    return error.kind();
  }
}

// Wherever it is ended: the call says so, nothing half-loaded stays in the cache, and the next one works.
TEST_F(ModelCache, OpeningEndsWhereverItsWatcherWants) {
  int end = 0;
  for (bool ended = true; ended; end = end < 4 ? end + 1 : 2 * end) {
    const auto watcher = std::make_shared<Ender>(end);
    const auto kind = error_of([&] {
      SegmentationModel({.model = path("model.safetensors"), .device = "cpu", .threads = 1, .watcher = watcher});
    });
    ended = watcher->ended();
    EXPECT_EQ(kind, ended ? std::optional(ErrorKind::Cancelled) : std::nullopt) << end;
    EXPECT_TRUE(std::ranges::is_sorted(watcher->shares));
    if (!ended) {
      EXPECT_EQ(watcher->shares.back(), 1);
    }
  }
  EXPECT_GT(end, 50) << "a question for each tensor";
  EXPECT_TRUE(share(model("model.safetensors"), model("model.safetensors")));
}

// Anybody can derive from LoadedModel.
TEST_F(ModelCache, RefusesALoadedModelOfAnotherMake) {
  class Other final : public LoadedModel {};
  const auto kind = error_of(
      [] { SegmentationModel({.model = "ignored", .threads = 1, .loaded = std::make_shared<const Other>()}); });
  EXPECT_EQ(kind, ErrorKind::Invalid);
}

/// Does something once, when loading has begun.
class Doer final : public Watcher {
 public:
  explicit Doer(std::function<void()> work) : work_(std::move(work)) {}
  bool cancelled() override { return false; }
  void progress(double) override {
    if (const auto work = std::exchange(work_, nullptr)) work();
  }

 private:
  std::function<void()> work_;
};

// An application may open a second engine of the model in its progress function, and gets a copy of its own.
TEST_F(ModelCache, AWatcherOpensTheModelThatIsBeingLoaded) {
  EngineOptions options{.model = path("model.safetensors"), .device = "cpu", .threads = 1};
  std::optional<SegmentationModel> inner;
  options.watcher = std::make_shared<Doer>([&] { inner.emplace(model("model.safetensors")); });
  const SegmentationModel outer(options);
  ASSERT_TRUE(inner);
  EXPECT_FALSE(share(outer, *inner));
  EXPECT_TRUE(share(outer, model("model.safetensors")));
}

// Whoever waits for another's loading hears of it, and can be cancelled.
TEST_F(ModelCache, WhoWaitsForTheModelIsToldAndMayLeave) {
  EngineOptions options{.model = path("model.safetensors"), .device = "cpu", .threads = 1};
  const auto waiting = std::make_shared<Ender>(3);
  options.watcher = std::make_shared<Doer>([&, other = options]() mutable {
    other.watcher = waiting;
    std::optional<ErrorKind> kind;
    std::jthread([&] { kind = error_of([&] { SegmentationModel{other}; }); }).join();
    EXPECT_EQ(kind, ErrorKind::Cancelled);
  });
  const SegmentationModel outer(options);
  EXPECT_TRUE(waiting->ended());
  ASSERT_FALSE(waiting->shares.empty());
  EXPECT_GT(waiting->shares.front(), 0);
  EXPECT_LT(waiting->shares.back(), 1);
}

std::vector<Rle> masks_of(const std::vector<FrameResult>& results) {
  std::vector<Rle> masks;
  for (const FrameResult& result : results)
    for (const Instance& instance : result.instances) masks.push_back(instance.mask);
  return masks;
}

// Whole mode asks while it decodes, weighs and reports. After each end the video starts anew, with the same masks.
TEST_F(ModelCache, AWholeVideoEndsWhereverItsWatcherWants) {
  EngineOptions options{.model = path("model.safetensors"), .device = "cpu", .threads = 1, .mode = DecodeMode::Whole};
  WholeVideoEngine plain(options);
  const std::vector<Rle> expected = masks_of(run(plain, 6));
  ASSERT_FALSE(expected.empty());
  {
    const auto watcher = std::make_shared<Ender>(std::numeric_limits<int>::max());
    options.watcher = watcher;
    WholeVideoEngine engine(options);
    const std::size_t opening = watcher->shares.size();
    EXPECT_EQ(masks_of(run(engine, 6)), expected);
    const std::vector<double> drain(watcher->shares.begin() + std::ptrdiff_t(opening), watcher->shares.end());
    EXPECT_TRUE(std::ranges::is_sorted(drain));
    EXPECT_EQ(drain.back(), 1);
    EXPECT_GT(drain.size(), 8U) << "layers and frames";
  }
  class Switch final : public Watcher {
   public:
    bool cancelled() override { return left-- == 0; }
    void progress(double) override {}
    int left = -1;
  };
  const auto watcher = std::make_shared<Switch>();
  options.watcher = watcher;
  WholeVideoEngine engine(options);
  int cancelled = 0;
  for (bool ended = true; ended; ++cancelled) {
    watcher->left = cancelled;
    ended = error_of([&] { run(engine, 6); }) == ErrorKind::Cancelled;
    watcher->left = -1;
    const std::vector<FrameResult> again = run(engine, 6);
    ASSERT_EQ(masks_of(again), expected) << cancelled;
    EXPECT_EQ(again.front().frame, ended ? 0U : 6U) << "as after a reset";
    engine.reset();
  }
  EXPECT_GT(cancelled, 12) << "frames, layers, and frames again";
}

// Each stream keeps its own state: three at a time, from threads of their own, do as one alone.
TEST_F(ModelCache, StreamsSideBySideEqualOneAlone) {
  const auto opened = [](bool cache) {
    return StreamingEngine({.model = path("model.safetensors"),
                            .device = "cpu",
                            .threads = 1,
                            .window = 3,
                            .stride = 2,
                            .model_cache = cache});
  };
  std::vector<std::string> alone[3], together[3];
  for (int i = 0; i < 3; ++i) {
    StreamingEngine engine = opened(false);
    alone[i] = lines(engine, 5 * i, 12);
  }
  ASSERT_NE(alone[0], alone[1]);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&, i] {
        StreamingEngine engine = opened(true);
        together[i] = lines(engine, 5 * i, 12);
      });
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(together[i], alone[i]);
}

}  // namespace
}  // namespace vcl
