// SPDX-License-Identifier: LGPL-2.1-or-later
// An engine that sees a part of the frames: against one that sees all, whose masks are cut.
#include "vcl/region.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <limits>

#include "core_random.hpp"
#include "vcl/error.hpp"
#include "vcl/frame.hpp"
#include "vcl/mask_crop.hpp"

namespace vcl {
namespace {

using test::Rng;
using test::uniform;

constexpr std::array kFormats{PixelFormat::RGB,   PixelFormat::BGR,  PixelFormat::RGBX,
                              PixelFormat::BGRX,  PixelFormat::XRGB, PixelFormat::XBGR,
                              PixelFormat::GRAY8, PixelFormat::I420, PixelFormat::NV12};
constexpr int kBright = 200;

/// Finds one object, of all bright pixels, and keeps what it saw. One frame waits.
class BrightEngine final : public Engine {
 public:
  struct Log {
    Filters filters;
    std::vector<std::vector<std::uint8_t>> seen;
    int resets = 0;
    bool fails = false;
  };

  explicit BrightEngine(Log& log) : log_(log) {}

  void set_filters(const Filters& filters) override { log_.filters = filters; }
  int latency_frames() const override { return 1; }
  std::vector<FrameResult> push(const FrameView& frame, std::int64_t pts, bool infer) override {
    if (log_.fails) throw Error(ErrorKind::Resource, "told to fail");
    log_.seen.push_back(frame_to_rgb(frame));
    Mask bright(frame.size.width, frame.size.height);
    for (std::size_t i = 0; i < bright.pixels.size(); ++i) bright.pixels[i] = log_.seen.back()[3 * i + 1] >= kBright;
    Instance object;
    object.track_id = 1;
    object.mask = rle_encode(bright);
    object.area = rle_area(object.mask);
    object.box = rle_box(object.mask);
    object.is_new = frames_ == 0;
    FrameResult result{frames_++, pts, frame.size, !infer, {}};
    if (object.area > 0) result.instances.push_back(object);
    held_.push_back(result);
    return take(1);
  }
  std::vector<FrameResult> drain() override { return take(0); }
  void reset() override {
    ++log_.resets;
    held_.clear();
    frames_ = 0;
  }

 private:
  std::vector<FrameResult> take(std::size_t keep) {
    std::vector<FrameResult> ready;
    for (; held_.size() > keep; held_.pop_front()) ready.push_back(held_.front());
    return ready;
  }

  Log& log_;
  std::deque<FrameResult> held_;
  std::uint64_t frames_ = 0;
};

/// A frame in a memory that ends where its last plane does.
struct Frame {
  FrameView view;
  std::array<std::vector<std::uint8_t>, 3> memory;

  std::uint8_t& at(std::size_t plane, std::ptrdiff_t byte, int row) {
    return memory[plane][std::size_t(row * view.strides[plane] + byte)];
  }
};

bool is_ycbcr(PixelFormat format) {
  return format == PixelFormat::I420 || format == PixelFormat::NV12;
}

/// Gray noise, dark or bright, without color: the pixels of the mask have no others' color.
Frame noise(Rng& rng, PixelFormat format, Size size) {
  Frame frame;
  frame.view.size = size;
  frame.view.format = format;
  const int half_width = (size.width + 1) / 2, half_height = (size.height + 1) / 2;
  std::vector<Size> planes = {size};
  if (format == PixelFormat::I420) planes = {size, {half_width, half_height}, {half_width, half_height}};
  if (format == PixelFormat::NV12) planes = {size, {2 * half_width, half_height}};
  if (format == PixelFormat::RGB || format == PixelFormat::BGR) planes[0].width *= 3;
  if (!is_ycbcr(format) && format < PixelFormat::GRAY8 && format > PixelFormat::BGR) planes[0].width *= 4;
  const int channels = is_ycbcr(format) ? 1 : planes[0].width / size.width;
  for (std::size_t i = 0; i < planes.size(); ++i) {
    frame.memory[i].assign(std::size_t(planes[i].width) * std::size_t(planes[i].height), 128);
    frame.view.strides[i] = planes[i].width;
    frame.view.planes[i] = frame.memory[i].data();
  }
  for (std::size_t at = 0; at < frame.memory[0].size(); at += std::size_t(channels))
    std::fill_n(frame.memory[0].begin() + std::ptrdiff_t(at), channels,
                std::uint8_t(uniform(rng, 0, 2) == 0 ? uniform(rng, 220, 235) : uniform(rng, 16, 90)));
  return frame;
}

Box random_box(Rng& rng, Size size) {
  Box box;
  box.width = uniform(rng, 1, size.width);
  box.height = uniform(rng, 1, size.height);
  box.x = uniform(rng, 0, size.width - box.width);
  box.y = uniform(rng, 0, size.height - box.height);
  return box;
}

std::shared_ptr<const Region> region(Box box, Mask mask = {}) {
  return std::make_shared<const Region>(Region{box, std::move(mask)});
}

Mask all_bright(const FrameView& view) {
  const std::vector<std::uint8_t> rgb = frame_to_rgb(view);
  Mask bright(view.size.width, view.size.height);
  for (std::size_t i = 0; i < bright.pixels.size(); ++i) bright.pixels[i] = rgb[3 * i + 1] >= kBright;
  return bright;
}

/// Whether a mask that is stretched over a frame shows a pixel. Along a side on which the mask is the larger one, none
/// of its pixels that have a share in the pixel may hide it. Along the other side the one under the center counts.
bool shown_by(const Mask& mask, Size frame, int x, int y) {
  const auto counts = [](int index, int of_mask, int position, int of_frame) {
    if (of_mask > of_frame)
      return (index + 1) * of_frame > position * of_mask && index * of_frame < (position + 1) * of_mask;
    return index == (2 * position + 1) * of_mask / (2 * of_frame);
  };
  bool shown = true;
  for (int row = 0; row < mask.height; ++row)
    for (int column = 0; column < mask.width; ++column)
      if (counts(column, mask.width, x, frame.width) && counts(row, mask.height, y, frame.height))
        shown &= mask.at(column, row) != 0;
  return shown;
}

TEST(Region, MasksAreThoseOfTheWholeFrameInsideOfTheBoxAndTheMask) {
  Rng rng(1);
  int found = 0;
  for (int round = 0; round < 2000; ++round) {
    const Size size{uniform(rng, 1, 24), uniform(rng, 1, 24)};
    const PixelFormat format = kFormats[std::size_t(round) % kFormats.size()];
    Frame frame = noise(rng, format, size);
    const Box box = uniform(rng, 0, 4) == 0 ? Box() : random_box(rng, size);
    // Mostly shown, so that few objects lose half of their pixels.
    Mask mask(uniform(rng, 1, 30), uniform(rng, 1, 30));
    for (std::uint8_t& pixel : mask.pixels) pixel = uniform(rng, 0, 9) > 0 ? std::uint8_t(uniform(rng, 1, 255)) : 0;
    const bool hides = uniform(rng, 0, 1) == 1;
    const auto is_shown = [&](int x, int y) { return !hides || shown_by(mask, size, x, y); };
    Mask expected = all_bright(frame.view);
    const Box seen = box == Box() ? Box{0, 0, size.width, size.height} : box;
    int shown = 0;
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        const bool inside = x >= seen.x && x < seen.x + seen.width && y >= seen.y && y < seen.y + seen.height;
        shown += inside && is_shown(x, y);
        if (!inside || !is_shown(x, y)) expected.at(x, y) = 0;
      }
    BrightEngine::Log log;
    RegionEngine engine(std::make_unique<BrightEngine>(log));
    engine.look_at(region(box, hides ? mask : Mask()));
    if (shown == 0) {
      EXPECT_THROW(engine.push(frame.view, 7), Error);
      continue;
    }
    EXPECT_TRUE(engine.push(frame.view, 7).empty());
    const std::vector<FrameResult> results = engine.drain();
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].size, size);
    EXPECT_EQ(results[0].pts, 7);
    const Rle wanted = rle_encode(expected);
    if (rle_area(wanted) == 0) {
      EXPECT_TRUE(results[0].instances.empty());
      continue;
    }
    ASSERT_EQ(results[0].instances.size(), 1u);  // gray, that hides, is not bright: no pixel of the object is hidden
    const Instance& object = results[0].instances[0];
    EXPECT_EQ(object.mask, wanted);
    EXPECT_EQ(object.area, rle_area(wanted));
    EXPECT_EQ(object.box, rle_box(wanted));
    EXPECT_EQ(log.seen[0].size(), std::size_t(3 * seen.width * seen.height));
    ++found;
  }
  EXPECT_GT(found, 1000);
}

TEST(Region, WhatIsHiddenOrOutsideHasNoEffect) {
  Rng rng(2);
  for (int round = 0; round < 500; ++round) {
    const Size size{uniform(rng, 2, 20), uniform(rng, 2, 20)};
    const PixelFormat format = kFormats[std::size_t(round) % kFormats.size()];
    // Of whole pairs of pixels, as colors outside of an uneven box have a share in those inside.
    Box box = random_box(rng, {size.width / 2, size.height / 2});
    box = {2 * box.x, 2 * box.y, 2 * box.width, 2 * box.height};
    Mask mask(size.width, size.height);
    for (std::uint8_t& pixel : mask.pixels) pixel = std::uint8_t(uniform(rng, 0, 3) > 0);
    mask.at(box.x, box.y) = 1;
    Frame first = noise(rng, format, size), second = first;
    for (std::size_t i = 0; i < second.memory.size(); ++i) {
      second.view.planes[i] = second.memory[i].data();
      if (second.memory[i].empty()) continue;
      const int step = i > 0 ? 2 : 1;
      const int channels = int(second.view.strides[i]) / ((size.width + step - 1) / step);
      for (int y = 0; y < (size.height + step - 1) / step; ++y)
        for (int x = 0; x < (size.width + step - 1) / step; ++x) {
          bool seen = true;
          for (int py = y * step; py < std::min((y + 1) * step, size.height); ++py)
            for (int px = x * step; px < std::min((x + 1) * step, size.width); ++px)
              seen &= mask.at(px, py) != 0 && px >= box.x && px < box.x + box.width && py >= box.y &&
                      py < box.y + box.height;
          for (int c = 0; !seen && c < channels; ++c)
            second.at(i, x * channels + c, y) = std::uint8_t(uniform(rng, 0, 255));
        }
    }
    BrightEngine::Log log;
    RegionEngine engine(std::make_unique<BrightEngine>(log));
    engine.look_at(region(box, mask));
    engine.push(first.view, 0);
    engine.push(second.view, 1);
    ASSERT_EQ(log.seen.size(), 2u);
    EXPECT_EQ(log.seen[0], log.seen[1]) << "format " << int(format);
  }
}

TEST(Region, WithoutOneAllIsAsItWas) {
  Rng rng(3);
  for (const auto& nothing : {region({}), std::shared_ptr<const Region>()}) {
    BrightEngine::Log plain_log, log;
    BrightEngine plain(plain_log);
    RegionEngine engine(std::make_unique<BrightEngine>(log));
    engine.look_at(nothing);
    Frame frame = noise(rng, PixelFormat::I420, {31, 17});
    for (int i = 0; i < 3; ++i) {
      const auto expected = plain.push(frame.view, i, true), results = engine.push(frame.view, i);
      ASSERT_EQ(results.size(), expected.size());
      for (std::size_t k = 0; k < results.size(); ++k)
        EXPECT_EQ(results[k].instances[0].mask, expected[k].instances[0].mask);
    }
    EXPECT_EQ(log.seen, plain_log.seen);
    EXPECT_EQ(engine.latency_frames(), 1);
  }
}

// A line of one pixel in a mask that is many times larger.
TEST(Region, AThinLineThatIsHiddenStaysHidden) {
  Rng rng(9);
  for (int round = 0; round < 200; ++round) {
    const Size size{uniform(rng, 3, 12), uniform(rng, 1, 12)};  // of three columns one line hides two at most
    Mask mask(uniform(rng, size.width, 200), uniform(rng, size.height, 200));
    std::ranges::fill(mask.pixels, 1);
    const int line = uniform(rng, 0, mask.width - 1);
    for (int y = 0; y < mask.height; ++y) mask.at(line, y) = 0;
    Frame frame = noise(rng, PixelFormat::GRAY8, size);
    std::ranges::fill(frame.memory[0], 255);
    BrightEngine::Log log;
    RegionEngine engine(std::make_unique<BrightEngine>(log));
    engine.look_at(region({}, mask));
    engine.push(frame.view, 0);
    const int hidden = line * size.width / mask.width;
    for (int y = 0; y < size.height; ++y)
      EXPECT_LT(log.seen.at(0)[std::size_t(3 * (y * size.width + hidden))], kBright);
    engine.drain();
  }
}

/// Finds the boxes that it is told to, one a frame, whatever it sees.
class ToldEngine final : public Engine {
 public:
  void set_filters(const Filters&) override {}
  int latency_frames() const override { return 0; }
  std::vector<FrameResult> push(const FrameView& frame, std::int64_t pts, bool) override {
    Instance object;
    object.track_id = 1;
    object.is_new = frames_ == 0;
    const Box box = boxes.at(std::size_t(frames_));
    Mask crop(box.width, box.height);
    std::ranges::fill(crop.pixels, 1);
    object.mask = rle_from_crop(crop, box.x, box.y, frame.size);
    object.area = rle_area(object.mask);
    object.box = box;
    return {{frames_++, pts, frame.size, false, {object}}};
  }
  std::vector<FrameResult> drain() override { return {}; }
  void reset() override {}

  std::vector<Box> boxes;

 private:
  std::uint64_t frames_ = 0;
};

TEST(Region, AnObjectThatIsMostlyHiddenIsLeftOutAndNewWhenItComes) {
  auto inside = std::make_unique<ToldEngine>();
  inside->boxes = {{0, 0, 5, 4}, {2, 0, 4, 4}, {1, 0, 6, 4}, {5, 0, 4, 1}};
  RegionEngine engine(std::move(inside));
  Mask mask(10, 4);
  for (int y = 0; y < 4; ++y)
    for (int x = 4; x < 10; ++x) mask.at(x, y) = 1;
  engine.look_at(region({}, mask));
  Filters filters;
  filters.min_area = 8;
  engine.set_filters(filters);
  Rng rng(4);
  Frame frame = noise(rng, PixelFormat::GRAY8, {10, 4});
  EXPECT_TRUE(engine.push(frame.view, 0)[0].instances.empty());  // 4 of 20 pixels are left
  const auto half = engine.push(frame.view, 1)[0].instances;     // 8 of 16
  ASSERT_EQ(half.size(), 1u);
  EXPECT_TRUE(half[0].is_new);
  EXPECT_EQ(half[0].box, (Box{4, 0, 2, 4}));
  EXPECT_EQ(half[0].area, 8u);
  const auto later = engine.push(frame.view, 2)[0].instances;  // 12 of 24
  ASSERT_EQ(later.size(), 1u);
  EXPECT_FALSE(later[0].is_new);
  EXPECT_TRUE(engine.push(frame.view, 3)[0].instances.empty());  // below the smallest area
}

TEST(Region, SizesAndErrors) {
  Rng rng(5);
  BrightEngine::Log log;
  RegionEngine engine(std::make_unique<BrightEngine>(log));
  engine.look_at(region({4, 4, 10, 10}));
  Frame small = noise(rng, PixelFormat::NV12, {13, 14}), fits = noise(rng, PixelFormat::NV12, {14, 14}),
        wide = noise(rng, PixelFormat::NV12, {20, 14});
  const auto error_of = [&engine](const FrameView& view) -> std::string {
    try {
      engine.push(view, 0);
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::Unsupported || error.kind() == ErrorKind::Invalid);
      return error.what();
    }
    return "";
  };
  EXPECT_NE(error_of(small.view).find("4,4,10,10 does not lie in frames of 13x14"), std::string::npos);
  engine.push(fits.view, 0);
  EXPECT_NE(error_of(wide.view).find("size changed"), std::string::npos);
  EXPECT_THROW(engine.look_at(nullptr), Error);
  EXPECT_EQ(engine.drain().size(), 1u);
  engine.push(wide.view, 0);
  EXPECT_EQ(engine.drain().at(0).size, (Size{20, 14}));
  engine.look_at(nullptr);
  FrameView broken = fits.view;
  broken.planes[1] = nullptr;
  engine.look_at(region({0, 0, 2, 2}));
  EXPECT_NE(error_of(broken).find("plane 1"), std::string::npos);
  log.fails = true;
  EXPECT_THROW(engine.push(fits.view, 0), Error);
  log.fails = false;
  engine.look_at(region({1, 1, 2, 2}));  // the stream ended with the error
  engine.push(wide.view, 0);
  engine.reset();
  engine.push(fits.view, 0);
  EXPECT_EQ(engine.drain().at(0).frame, 0u);
}

// A region comes from anybody: what lies in no frame is refused before a pixel is read, and the one before holds on.
TEST(Region, RefusesWhatLiesInNoFrame) {
  Rng rng(8);
  BrightEngine::Log log;
  RegionEngine engine(std::make_unique<BrightEngine>(log));
  engine.look_at(region({1, 2, 3, 4}));
  const auto expect_refused = [&engine](const Region& wrong) {
    try {
      engine.look_at(std::make_shared<const Region>(wrong));
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Invalid);
    }
  };
  constexpr int kLeast = std::numeric_limits<int>::min(), kMost = std::numeric_limits<int>::max();
  for (const Box& box : {Box{-10, -10, 20, 20}, Box{-1, 0, 4, 4}, Box{0, -1, 4, 4}, Box{0, 0, 0, 4}, Box{0, 0, 4, 0},
                         Box{5, 5, 0, 0}, Box{0, 0, -4, -4}, Box{kLeast, kLeast, kMost, kMost}})
    expect_refused({box, {}});
  for (int round = 0; round < 200; ++round) {
    Mask mask(uniform(rng, 0, 9), uniform(rng, 0, 9));
    int& side = uniform(rng, 0, 1) == 0 ? mask.width : mask.height;
    side = uniform(rng, 0, 1) == 0 ? uniform(rng, -9, -1) : side + uniform(rng, 1, 9);
    if (std::int64_t(mask.width) * mask.height == 0 && mask.width >= 0 && mask.height >= 0) continue;  // has no pixels
    expect_refused({{}, mask});
  }
  Mask mask(4, 4);
  mask.pixels.pop_back();
  expect_refused({{}, mask});
  mask.width = mask.height = 65536;  // their product is 0 in 32 bits
  mask.pixels.clear();
  expect_refused({{}, mask});
  Frame frame = noise(rng, PixelFormat::RGB, {8, 8});
  engine.push(frame.view, 0);
  EXPECT_EQ(log.seen.at(0).size(), std::size_t(3 * 3 * 4));
  engine.drain();
  engine.look_at(region({kMost, kMost, kMost, kMost}));  // a frame for it is yet to come
  EXPECT_THROW(engine.push(frame.view, 0), Error);
}

TEST(Region, Text) {
  EXPECT_EQ(box_from_text("320,0,640,480"), (Box{320, 0, 640, 480}));
  EXPECT_EQ(box_from_text(" 1 ,\t2, 3,4 "), (Box{1, 2, 3, 4}));
  EXPECT_EQ(box_from_text(""), Box());
  EXPECT_EQ(box_from_text("  "), Box());
  Rng rng(6);
  for (int i = 0; i < 200; ++i) {
    const Box box{uniform(rng, 0, 1 << 30), uniform(rng, 0, 1 << 30), uniform(rng, 1, 1 << 30),
                  uniform(rng, 1, 1 << 30)};
    const std::string text = std::to_string(box.x) + "," + std::to_string(box.y) + "," + std::to_string(box.width) +
                             "," + std::to_string(box.height);
    EXPECT_EQ(box_from_text(text), box);
    try {
      const Box other = box_from_text(test::mutated(rng, text));
      EXPECT_TRUE(other == Box() || (other.x >= 0 && other.y >= 0 && other.width > 0 && other.height > 0));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Invalid);
    }
  }
  for (const char* text : {"1", "1,2,3", "1,2,3,4,5", "1,2,3,", ",,,", "1,2,3,x", "1.5,2,3,4", "-1,0,3,4", "0,-1,3,4",
                           "0,0,0,4", "0,0,4,0", "0,0,4,-4", "0,0,99999999999,4", "1:2:3:4", "50%,0,10,10"})
    EXPECT_THROW(box_from_text(text), Error) << text;
}

TEST(Region, PlacedMasksAreThoseOfTheCrop) {
  Rng rng(7);
  for (int round = 0; round < 500; ++round) {
    const Size frame{uniform(rng, 1, 30), uniform(rng, 1, 30)};
    const Box box = random_box(rng, frame);
    const Mask part = test::random_mask(rng, box.width, box.height);
    EXPECT_EQ(rle_place(rle_encode(part), box.x, box.y, frame), rle_from_crop(part, box.x, box.y, frame));
  }
  EXPECT_THROW(rle_place(rle_encode(Mask(4, 4)), 1, 0, {4, 4}), Error);
  EXPECT_THROW(rle_place(rle_encode(Mask(4, 4)), 0, -1, {8, 8}), Error);
}

}  // namespace
}  // namespace vcl
