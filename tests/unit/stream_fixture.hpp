// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <numeric>
#include <random>

#include "libvcl/engine/stream/streaming_engine.hpp"
#include "libvcl/engine/stream/whole_video_engine.hpp"
#include "training/learning/initialise.hpp"

namespace vcl {

namespace fs = std::filesystem;

/// A network that nobody trained, in a file: its anchored queries mark a place each, so there are tracks.
inline Model small_model() {
  at::manual_seed(7);
  train::NetworkSizes sizes;
  sizes.stem = 8;
  sizes.stages = {8, 16, 16, 32};
  sizes.blocks = 1;
  sizes.hidden = 32;
  sizes.ffn = 32;
  sizes.decoder_layers = 3;
  sizes.canvas_pixels = 64 * 64;
  Model model = train::initialise_network(sizes);
  model.config["threshold"] = 0.0;
  return model;
}

class Stream : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("vcl-stream-" + std::to_string(std::random_device{}()));
    fs::create_directories(folder_);
    save_model(path("model.safetensors"), small_model());
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }
  static std::string path(const std::string& name) { return (folder_ / name).string(); }

  static StreamingEngine open(int window = 3, int stride = 2) {
    return StreamingEngine(
        {.model = path("model.safetensors"), .device = "cpu", .threads = 1, .window = window, .stride = stride});
  }

  static std::unique_ptr<Engine> open(const EngineOptions& options, bool whole) {
    if (whole) return std::make_unique<WholeVideoEngine>(options);
    return std::make_unique<StreamingEngine>(options);
  }

  /// A bright square that moves over noise.
  static std::vector<std::uint8_t> picture(int frame, Size size) {
    std::mt19937 noise(frame);
    std::vector<std::uint8_t> rgb(std::size_t(size.width) * size.height * 3);
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        for (int c = 0; c < 3; ++c) {
          const bool square = std::abs(x - 20 - 2 * frame) < 12 && std::abs(y - 30) < 12;
          rgb[(std::size_t(y) * size.width + x) * 3 + c] = std::uint8_t((square ? 200 : 60) + noise() % 20);
        }
    return rgb;
  }

  static std::vector<FrameResult> push(Engine& engine, int frame, bool infer = true, Size size = {97, 61}) {
    const auto rgb = picture(frame, size);
    FrameView view{.size = size, .planes = {rgb.data()}, .strides = {size.width * 3}};
    return engine.push(view, frame * 40'000'000LL, infer);
  }

  static std::vector<FrameResult> run(Engine& engine, int frames, int skip_every = 0) {
    std::vector<FrameResult> all;
    const auto take = [&](std::vector<FrameResult> some) {
      std::move(some.begin(), some.end(), std::back_inserter(all));
    };
    for (int i = 0; i < frames; ++i) take(push(engine, i, skip_every == 0 || i % skip_every == 0));
    take(engine.drain());
    return all;
  }

  inline static fs::path folder_;
};

/// The same to the bit; frames and ids of `b` counted from where they are told to begin.
inline void expect_same(const std::vector<FrameResult>& a, const std::vector<FrameResult>& b,
                        std::uint64_t first_frame = 0, std::uint64_t first_id = 0) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].frame, b[i].frame + first_frame);
    EXPECT_EQ(a[i].stale, b[i].stale);
    ASSERT_EQ(a[i].instances.size(), b[i].instances.size()) << i;
    for (std::size_t k = 0; k < a[i].instances.size(); ++k) {
      const Instance &one = a[i].instances[k], &other = b[i].instances[k];
      EXPECT_EQ(one.track_id, other.track_id + first_id);
      EXPECT_EQ(one.score, other.score);
      EXPECT_EQ(one.mask, other.mask);
      EXPECT_EQ(one.is_new, other.is_new);
    }
  }
}

inline std::size_t instances_in(const std::vector<FrameResult>& results) {
  return std::accumulate(results.begin(), results.end(), std::size_t(0),
                         [](std::size_t sum, const FrameResult& result) { return sum + result.instances.size(); });
}

}  // namespace vcl
