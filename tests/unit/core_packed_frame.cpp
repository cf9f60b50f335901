// SPDX-License-Identifier: LGPL-2.1-or-later
// The compact form of results (docs/sei.md), and its place in access units of H.264 and H.265.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <set>
#include <tuple>

#include "core_random.hpp"
#include "vcl/packed_frame.hpp"
#include "vcl/sei.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

vcl::FrameResult random_frame(vcl::test::Rng& rng, int instances) {
  vcl::FrameResult frame{7, -1, {vcl::test::uniform(rng, 1, 90), vcl::test::uniform(rng, 1, 70)}, false, {}};
  for (int i = 0; i < instances; ++i) {
    vcl::Mask mask = vcl::test::random_mask(rng, frame.size.width, frame.size.height);
    mask.pixels[0] = 1;
    vcl::Instance instance;
    instance.track_id = std::uint64_t(1000 * i + 1);
    instance.score = 1 - float(i) / 100;
    instance.mask = vcl::rle_encode(mask);
    instance.box = vcl::rle_box(instance.mask);
    instance.area = vcl::rle_area(instance.mask);
    instance.is_new = i % 2 == 1;
    frame.instances.push_back(instance);
  }
  return frame;
}

}  // namespace

TEST(PackedFrame, IsWhatTheDocumentSays) {
  vcl::Mask mask(8, 6);
  mask.at(2, 1) = mask.at(2, 2) = mask.at(3, 2) = 1;
  vcl::Instance instance{300, 0.5f, {2, 1, 2, 2}, 3, vcl::rle_encode(mask), true, vcl::MaskForm::Exact};
  const Bytes expected = {1,    1,                    // version, stale
                          3,    8, 6, 1,              // frame number, width, height, instances
                          0xac, 2, 8, 0x3f, 0, 0, 0,  // id 300, exact and new, score 0.5
                          2,    1, 2, 2,              // box
                          0,    2, 1, 1};             // runs: x = 2 has both pixels, x = 3 the lower one
  EXPECT_EQ(vcl::pack_frame({3, 40, {8, 6}, true, {instance}}, 64), expected);
}

TEST(PackedFrame, MasksAreEqualWithinTheBound) {
  vcl::test::Rng rng(1);
  for (int round = 0; round < 200; ++round) {
    const vcl::FrameResult frame = random_frame(rng, vcl::test::uniform(rng, 0, 5));
    const auto read = vcl::unpack_frame(vcl::pack_frame(frame, vcl::kMaxPackedBytes), frame.size);
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->incomplete);
    EXPECT_EQ(read->result.frame, frame.frame);
    EXPECT_EQ(read->result.size, frame.size);
    ASSERT_EQ(read->result.instances.size(), frame.instances.size());
    for (std::size_t i = 0; i < frame.instances.size(); ++i) {
      const vcl::Instance &got = read->result.instances[i], &sent = frame.instances[i];
      EXPECT_EQ(got.form, vcl::MaskForm::Exact);
      EXPECT_EQ(got.mask, sent.mask);
      EXPECT_EQ(got.box, sent.box);
      EXPECT_EQ(got.score, sent.score);
      EXPECT_EQ(got.track_id, sent.track_id);
      EXPECT_EQ(got.is_new, sent.is_new);
    }
  }
}

TEST(PackedFrame, BeyondTheBoundMasksCoarsenThenBoxesThenTheBestScored) {
  vcl::test::Rng rng(2);
  bool coarse = false, boxes = false, incomplete = false;
  for (int round = 0; round < 100; ++round) {
    const vcl::FrameResult frame = random_frame(rng, 6);
    for (std::size_t bound = vcl::kMinPackedBytes; bound < 2000; bound += bound / 4) {
      const Bytes bytes = vcl::pack_frame(frame, bound);
      ASSERT_LE(bytes.size(), bound);
      const auto read = vcl::unpack_frame(bytes, frame.size);
      ASSERT_TRUE(read);
      EXPECT_EQ(read->incomplete, read->result.instances.size() < frame.instances.size());
      EXPECT_FALSE(read->result.instances.empty());
      incomplete |= read->incomplete;
      for (std::size_t i = 0; i < read->result.instances.size(); ++i) {
        const vcl::Instance &got = read->result.instances[i], &sent = frame.instances[i];
        EXPECT_EQ(got.track_id, sent.track_id);  // the best-scored ones come first
        EXPECT_EQ(got.box, sent.box);
        EXPECT_EQ(vcl::rle_intersection(got.mask, sent.mask), sent.area);
        EXPECT_TRUE(got.form != vcl::MaskForm::Exact || got.mask == sent.mask);
        EXPECT_TRUE(!read->incomplete || got.form == vcl::MaskForm::Box);
        coarse |= got.form == vcl::MaskForm::Coarse;
        boxes |= got.form == vcl::MaskForm::Box;
      }
    }
  }
  EXPECT_TRUE(coarse && boxes && incomplete);
}

// Metadata of other elements may hold anything.
TEST(PackedFrame, IsAlwaysReadable) {
  vcl::test::Rng rng(4);
  const std::uint64_t ids[] = {0, 1, 1, 2, 3, 1ULL << 62U, 1ULL << 63U, ~0ULL};
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const float scores[] = {nan, -nan, -infinity, -1, -0.0f, 0, 0.25f, 0.5f, 1, 1.5f, infinity};
  bool incomplete = false;
  for (int round = 0; round < 300; ++round) {
    vcl::FrameResult frame = random_frame(rng, vcl::test::uniform(rng, 0, 20));
    frame.frame = ids[vcl::test::uniform(rng, 0, 7)];
    std::set<std::uint64_t> good_ids;
    for (vcl::Instance& instance : frame.instances) {
      instance.track_id = ids[vcl::test::uniform(rng, 0, 7)];
      instance.score = scores[vcl::test::uniform(rng, 0, 10)];
      if (vcl::test::uniform(rng, 0, 4) == 0)
        instance.mask = vcl::rle_encode(vcl::Mask(frame.size.width, frame.size.height));
      else if (instance.track_id > 0 && instance.track_id < 1ULL << 63U)
        good_ids.insert(instance.track_id);
    }
    for (const std::size_t bound : {vcl::kMinPackedBytes, std::size_t(300), vcl::kMaxPackedBytes}) {
      const auto read = vcl::unpack_frame(vcl::pack_frame(frame, bound), frame.size);
      ASSERT_TRUE(read);
      EXPECT_EQ(read->incomplete, read->result.instances.size() < frame.instances.size());
      EXPECT_TRUE(std::ranges::is_sorted(read->result.instances, std::greater(), &vcl::Instance::score));
      EXPECT_TRUE(bound < vcl::kMaxPackedBytes || read->result.instances.size() == good_ids.size());
      incomplete |= read->incomplete;
    }
  }
  EXPECT_TRUE(incomplete);
}

TEST(PackedFrame, LeavesOutTheLowestScoresAndNoMore) {
  const vcl::Mask none(4, 4);
  vcl::Mask pixel = none, whole = none;
  pixel.at(1, 2) = 1;
  std::ranges::fill(whole.pixels, std::uint8_t(1));
  vcl::FrameResult frame{0, -1, {4, 4}, false, {}};
  const auto add = [&](std::uint64_t id, float score, const vcl::Mask& pixels) {
    const vcl::Rle mask = vcl::rle_encode(pixels);
    frame.instances.push_back({id, score, vcl::rle_box(mask), vcl::rle_area(mask), mask, false, vcl::MaskForm::Exact});
  };
  add(1, 0.9f, none);
  for (std::uint64_t id = 2; id <= 10; ++id) add(id, float(id) / 10, whole);
  add(11, 0.05f, pixel);
  add(12, 0.95f, pixel);
  const auto ids = [&](std::size_t bound) {
    std::vector<std::uint64_t> found;
    const auto read = vcl::unpack_frame(vcl::pack_frame(frame, bound), frame.size);
    for (const vcl::Instance& one : read.value().result.instances) found.push_back(one.track_id);
    return found;
  };
  EXPECT_EQ(ids(4096), (std::vector<std::uint64_t>{10, 12, 9, 8, 7, 6, 5, 4, 11})) << "seven of 16 pixels, two of 1";
  EXPECT_EQ(ids(64), (std::vector<std::uint64_t>{10, 12, 9, 8, 7}));
}

TEST(PackedFrame, ForeignBytesAreNothing) {
  vcl::test::Rng rng(3);
  const vcl::FrameResult frame = random_frame(rng, 2);
  const vcl::Size size = frame.size;
  const Bytes good = vcl::pack_frame(frame, 4096);
  EXPECT_TRUE(vcl::unpack_frame(good, size));
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(vcl::unpack_frame({good.data(), length}, size));
  Bytes changed = good;
  changed.push_back(0);
  EXPECT_FALSE(vcl::unpack_frame(changed, size));
  changed = good;
  changed[0] = 2;
  EXPECT_FALSE(vcl::unpack_frame(changed, size)) << "another version";
  EXPECT_FALSE(vcl::unpack_frame(Bytes(vcl::kMaxPackedBytes + 1, 1), size));
}

TEST(PackedFrame, IsOfTheExpectedSize) {
  const Bytes empty = {1, 0, 0, 8, 6, 0};
  EXPECT_TRUE(vcl::unpack_frame(empty, {8, 6}));
  for (const vcl::Size other : {vcl::Size{8, 7}, vcl::Size{7, 6}, vcl::Size{6, 8}, vcl::Size{}})
    EXPECT_FALSE(vcl::unpack_frame(empty, other));
  Bytes garbage = {1, 0, 0, 0x80, 0x40, 0x80, 0x20, 8};  // eight instances of 8192x4096
  garbage.resize(104, 0xff);
  EXPECT_FALSE(vcl::unpack_frame(garbage, {8, 6}));
  const vcl::Size large{1 << 13, (1 << 12) + 1};
  EXPECT_FALSE(vcl::unpack_frame(Bytes{1, 0, 0, 0x80, 0x40, 0x81, 0x20, 0}, large)) << "more than kMaxPackedPixels";
}

// Few bytes cannot ask for much memory: eight boxes as large as the frame are within the limit, nine are not.
TEST(PackedFrame, BoxesHaveALimit) {
  for (const std::uint8_t n : {8, 9}) {
    Bytes flood = {1, 0, 0, 4, 4, n};
    for (std::uint8_t id = 1; id <= n; ++id) flood.insert(flood.end(), {id, 7, 0, 0, 0, 0, 0, 0, 4, 4});
    EXPECT_EQ(vcl::unpack_frame(flood, {4, 4}).has_value(), n == 8);
  }
}

// Zeros in the payload need emulation prevention; the SEI stands behind AUD and parameter sets, before the slice.
TEST(Sei, StandsBeforeTheFirstSlice) {
  Bytes payload(600, 0);
  payload[5] = 3;
  const Bytes h264 = {0, 0,    0, 1, 9, 0x10, 0,    0,    0, 1, 0x67, 1,    0, 0,
                      1, 0x68, 2, 0, 0, 1,    0x65, 0x88, 0, 0, 1,    0x65, 1};
  const Bytes h265 = {0, 0, 0, 3, 0x46, 1, 0x50, 0, 0, 0, 3, 0x42, 1, 9, 0, 0, 0, 3, 0x26, 3, 0x80};
  const std::tuple<Bytes, vcl::NalFormat, std::size_t, Bytes> cases[] = {
      {h264, {vcl::VideoCodec::H264, 0}, 17, {0, 0, 0, 1, 6, 5}},
      {h265, {vcl::VideoCodec::H265, 4}, 14, {0, 0, 3, 0x53, 39 << 1, 3, 5}}};
  for (const auto& [unit, format, position, start] : cases) {
    Bytes longer = unit;
    for (int n = 0; n < 2; ++n) {  // several messages, in order
      payload[0] = std::uint8_t(n);
      const auto sei = vcl::insert_user_data(longer, format, vcl::kResultsUuid, payload);
      ASSERT_TRUE(sei);
      if (n == 0) {
        EXPECT_EQ(sei->position, position);
        EXPECT_TRUE(format.length_bytes == 4 || std::equal(start.begin(), start.end(), sei->bytes.begin()));
      }
      const Bytes content(sei->bytes.begin() + 4, sei->bytes.end());
      const Bytes three_zeros = {0, 0, 0};
      EXPECT_TRUE(std::ranges::search(content, three_zeros).empty());
      longer.insert(longer.begin() + std::ptrdiff_t(sei->position), sei->bytes.begin(), sei->bytes.end());
    }
    int seen = 0;
    vcl::read_user_data(longer, format, vcl::kResultsUuid, [&](std::span<const std::uint8_t> data) {
      payload[0] = std::uint8_t(seen++);
      EXPECT_TRUE(std::ranges::equal(data, payload));
    });
    EXPECT_EQ(seen, 2);
    vcl::read_user_data(longer, format, {}, [](auto) { FAIL() << "another UUID"; });
  }
}

TEST(Sei, NeedsASlice) {
  const Bytes payload(20, 1), parameter_sets = {0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2};
  EXPECT_FALSE(vcl::insert_user_data(parameter_sets, {vcl::VideoCodec::H264, 0}, vcl::kResultsUuid, payload));
  EXPECT_FALSE(vcl::insert_user_data({}, {vcl::VideoCodec::H265, 4}, vcl::kResultsUuid, payload));
  // A length of one byte cannot state 300 bytes.
  const Bytes slice = {2, 0x65, 0x88};
  EXPECT_TRUE(vcl::insert_user_data(slice, {vcl::VideoCodec::H264, 1}, vcl::kResultsUuid, payload));
  EXPECT_FALSE(vcl::insert_user_data(slice, {vcl::VideoCodec::H264, 1}, vcl::kResultsUuid, Bytes(300, 1)));
}

TEST(Sei, LengthsAreThoseOfTheRecord) {
  Bytes record(23, 0xff);
  record[4] = 0xfd;
  EXPECT_EQ(vcl::nal_length_bytes(vcl::VideoCodec::H264, record), 2);
  EXPECT_EQ(vcl::nal_length_bytes(vcl::VideoCodec::H265, record), 4);
  EXPECT_FALSE(vcl::nal_length_bytes(vcl::VideoCodec::H265, {record.data(), 21}));
}
