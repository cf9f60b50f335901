// SPDX-License-Identifier: LGPL-2.1-or-later
// A process that ends while threads infer ends well.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace {

constexpr int kFrames = 6;
std::atomic<int> frames_done = 0;

void infer_until_refused() {
  try {
    const auto engine = vcl::open_engine({.model = "", .device = "cpu", .threads = 1, .window = 1});
    std::vector<std::uint8_t> pixels(64 * 48, 90);
    vcl::FrameView frame{.size = {64, 48}, .format = vcl::PixelFormat::GRAY8};
    frame.planes[0] = pixels.data();
    frame.strides[0] = 64;
    for (std::int64_t n = 0;; ++n, ++frames_done) {
      pixels[std::size_t(n) % pixels.size()] ^= 0x80;
      engine->push(frame, n * 40'000'000);
    }
  } catch (const vcl::Error&) {
    if (frames_done < kFrames) std::abort();
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));  // as a pipeline that nobody stops
  }
}

void exit_while_inferring(std::chrono::milliseconds after) {
  for (int n = 0; n < 2; ++n) std::thread(infer_until_refused).detach();
  while (frames_done < kFrames) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::this_thread::sleep_for(after);
  std::exit(7);
}

class ExitsInProgress : public vcl::Watcher {
  bool cancelled() override { return false; }
  void progress(double) override { std::exit(7); }
};

void exit_in_a_call() {
  for (int n = 0; n < 8; ++n)
    vcl::open_engine({.model = "", .device = "cpu", .threads = 1, .model_cache = false, .watcher = {}});
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::seconds(60));
    std::_Exit(9);
  }).detach();
  const auto watcher = std::make_shared<ExitsInProgress>();
  vcl::open_engine({.model = "", .device = "cpu", .threads = 1, .model_cache = false, .watcher = watcher});
}

}  // namespace

TEST(EngineExit, WaitsForCallsThatRun) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  for (int round = 0; round < 8; ++round)
    EXPECT_EXIT(exit_while_inferring(std::chrono::milliseconds(3 * round)), testing::ExitedWithCode(7), "");
}

// Neither the call that exits nor the handlers of earlier calls are waited for.
TEST(EngineExit, DoesNotWaitForTheCallThatExits) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(exit_in_a_call(), testing::ExitedWithCode(7), "");
}
