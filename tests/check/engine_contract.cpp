// SPDX-License-Identifier: LGPL-2.1-or-later
// What vcl/engine.hpp says of frames, of the engine that VCL_ENGINE_MODULE names: that of the element tests must keep
// it as the real one does, else they hide faults. Arguments: the model, if the engine reads one.
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "vcl/engine.hpp"
#include "vcl/error.hpp"

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::exit(1);
}

vcl::FrameView view_of(const std::vector<std::uint8_t>& gray, vcl::Size size) {
  vcl::FrameView view{.size = size, .format = vcl::PixelFormat::GRAY8};
  view.planes[0] = gray.data();
  view.strides[0] = size.width;
  return view;
}

/// What was pushed and has not come back.
struct Waiting {
  std::int64_t pts;
  vcl::Size size;
  bool infer;
};

class Stream {
 public:
  Stream(const vcl::EngineOptions& options, int max_wait)
      : engine_(vcl::open_engine(options)), max_wait_(std::size_t(max_wait)) {
    vcl::Filters filters;
    filters.max_wait = max_wait;
    engine_->set_filters(filters);
  }

  void push(vcl::Size size, bool infer) {
    const std::vector<std::uint8_t> pixels = picture(size);
    waiting_.push_back({next_pts_, size, infer});
    take(engine_->push(view_of(pixels, size), next_pts_, infer));
    next_pts_ += 40'000'000;
    int held = 0;
    for (const Waiting& frame : waiting_) held += frame.infer;
    require(engine_->latency_frames() == vcl::kUnboundedLatency || held <= engine_->latency_frames(),
            "no more inferred frames wait than latency_frames() says");
    require(engine_->latency_frames() == vcl::kUnboundedLatency || max_wait_ == 0 || waiting_.size() <= max_wait_,
            "no frame waits for more than max_wait others");
  }

  void refuse(vcl::Size size) {
    const std::vector<std::uint8_t> pixels = picture(size);
    bool is_refused = false;
    try {
      engine_->push(view_of(pixels, size), 0, true);
    } catch (const vcl::Error& error) {
      is_refused = error.kind() == vcl::ErrorKind::Invalid;
    }
    require(is_refused, "a frame of another size is refused");
  }

  void drain() {
    take(engine_->drain());
    require(waiting_.empty(), "drain() gives the results of all frames");
  }

  void reset() {
    engine_->reset();
    waiting_.clear();
    next_frame_ = 0;
  }

  bool waits() const { return !waiting_.empty(); }

 private:
  std::vector<std::uint8_t> picture(vcl::Size size) {
    std::vector<std::uint8_t> pixels(std::size_t(size.width) * std::size_t(size.height), 20);
    const int left = int(next_pts_ / 40'000'000) % (size.width / 2);
    for (int y = size.height / 4; y < size.height / 2; ++y)
      for (int x = left; x < left + size.width / 4; ++x) pixels[std::size_t(y * size.width + x)] = 240;
    return pixels;
  }

  void take(const std::vector<vcl::FrameResult>& results) {
    for (const vcl::FrameResult& result : results) {
      require(!waiting_.empty(), "each frame has one result");
      const Waiting& frame = waiting_.front();
      require(result.frame == next_frame_++, "frames are numbered without holes");
      require(result.pts == frame.pts && result.size == frame.size, "results come in the order of their frames");
      require(result.stale != frame.infer, "what was not inferred is stale");
      waiting_.pop_front();
    }
  }

  std::unique_ptr<vcl::Engine> engine_;
  std::size_t max_wait_;
  std::deque<Waiting> waiting_;
  std::int64_t next_pts_ = 0;
  std::uint64_t next_frame_ = 0;
};

void check(const vcl::EngineOptions& options, unsigned seed) {
  std::mt19937 random(seed);
  Stream stream(options, int(seed % 5));
  vcl::Size size = {64, 48};
  for (int i = 0; i < 60; ++i) {
    const unsigned dice = random() % 20;
    if (dice == 0) stream.drain();
    if (dice == 1) stream.reset();
    if (dice == 2 && stream.waits()) stream.refuse({size.width + 16, size.height});
    if (dice == 3) {
      stream.drain();
      size.width = size.width == 64 ? 96 : 64;
    }
    stream.push(size, dice % 4 != 0);
  }
  stream.drain();
}

}  // namespace

int main(int argc, char** argv) {
  unsigned seed = 0;
  for (const auto mode : {vcl::DecodeMode::Window, vcl::DecodeMode::Whole})
    for (const int window : {0, 1, 4})
      check({.model = argc > 1 ? argv[1] : "", .device = "cpu", .threads = 1, .mode = mode, .window = window}, ++seed);
  return 0;
}
