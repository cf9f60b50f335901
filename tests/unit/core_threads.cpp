// SPDX-License-Identifier: LGPL-2.1-or-later
// What runs in several threads, apart from LibTorch and GStreamer, so that ThreadSanitizer sees all of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "core_checkpoint_files.hpp"
#include "core_memory_file.hpp"
#include "libvcl/crf/thread_team.hpp"
#include "libvcl/engine/motion/motion_planes.hpp"
#include "support/parallel.hpp"
#include "support/prefetch.hpp"
#include "vcl/checkpoint.hpp"

namespace vcl {
namespace {

/// Calls `body` in so many threads at once.
template <class Body>
void at_once(int threads, Body body) {
  std::vector<std::jthread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back([&body, i] { body(i); });
}

TEST(Threads, TeamsShareEachLoopWhole) {
  at_once(3, [](int which) {
    ThreadTeam team(1 + which);
    for (std::size_t count = 0; count < 200; ++count) {
      std::vector<int> visits(count);
      team.run(count, 1 + count % 7, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) ++visits[i];
      });
      EXPECT_EQ(std::accumulate(visits.begin(), visits.end(), std::size_t(0)), count);
      EXPECT_EQ(std::ranges::count(visits, 1), std::ptrdiff_t(count));
    }
  });
}

/// As MotionInput does: the searches from a frame to its neighbours, and from them, read the same pictures.
TEST(Threads, MotionIsMeasuredSideBySide) {
  constexpr Size kCanvas{96, 64};
  constexpr std::size_t kValues = kMotionPlanes * std::size_t(96 * 64);
  std::vector<Plane> frames;
  for (int t = 0; t < 5; ++t) {
    Plane& frame = frames.emplace_back(90, 60);
    for (int y = 0; y < frame.height; ++y)
      for (int x = 0; x < frame.width; ++x)
        frame.at(x, y) = 127 + 60 * std::sin(0.25F * float(x - t) + 0.14F * float(y)) + 40 * std::cos(0.2F * float(y));
  }
  const auto planes_to = [&](int neighbour) {
    std::vector<float> planes(kValues);
    EXPECT_TRUE(motion_planes(frames[2], frames[std::size_t(neighbour)], kCanvas, planes.data()));
    return planes;
  };
  std::vector<std::vector<float>> together(5);
  at_once(5, [&](int i) { together[std::size_t(i)] = planes_to(i); });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(together[std::size_t(i)], planes_to(i));
}

TEST(Threads, ParallelWorkIsDoneOnce) {
  std::vector<int> visits(1000);
  in_parallel(visits.size(), 4, [&] { return [&](std::size_t i) { ++visits[i]; }; });
  EXPECT_EQ(std::ranges::count(visits, 1), 1000);
}

TEST(Threads, ParallelWorkEndsAtTheFirstException) {
  const auto work_of = [] {
    return [](std::size_t i) {
      if (i == 50) throw std::runtime_error("fifty");
    };
  };
  EXPECT_THROW(in_parallel(std::size_t(-1) / 2, 4, work_of), std::runtime_error) << "all of it would never end";
}

TEST(Threads, PrefetchedItemsComeInOrder) {
  Prefetch<std::vector<std::uint64_t>> items([](std::uint64_t i) { return std::vector<std::uint64_t>(i % 50, i); }, 7,
                                             4, 3);
  for (std::uint64_t i = 7; i < 700; ++i) ASSERT_EQ(items.next(), std::vector<std::uint64_t>(i % 50, i));
}

TEST(Threads, AnExceptionOfAPrefetchComesOut) {
  Prefetch<int> items([](std::uint64_t i) { return i < 20 ? int(i) : throw std::runtime_error("twenty"); }, 0, 3, 4);
  const auto take_all = [&] {
    while (items.next() < 20) continue;
  };
  EXPECT_THROW(take_all(), std::runtime_error);
}

/// Tensors that are no view of the file are copied by whoever comes first.
TEST(Threads, ManyReadOneCheckpoint) {
  test::Pickle pickle;
  pickle.dict().mark();
  for (int i = 0; i < 20; ++i) pickle.text("t" + std::to_string(i)).tensor("FloatStorage", "0", 6, 0, {3, 2}, {1, 3});
  const test::MemoryFile file(test::torch_zip(pickle.set_items().stop(), {{"0", test::floats({0, 1, 2, 3, 4, 5})}}));
  const std::string expected = test::floats({0, 3, 1, 4, 2, 5});
  for (int round = 0; round < 20; ++round) {
    const Checkpoint checkpoint = Checkpoint::open(file.path());
    at_once(4, [&](int) {
      for (const auto& [name, tensor] : checkpoint.tensors()) {
        const auto bytes = checkpoint.at(name).bytes;
        EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), expected);
      }
    });
  }
}

}  // namespace
}  // namespace vcl
