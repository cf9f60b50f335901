// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/json.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "core_random.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using nlohmann::json;
using test::Rng;
using test::uniform;

Instance make_instance(std::uint64_t id, float score, const Mask& mask) {
  Instance instance;
  instance.track_id = id;
  instance.score = score;
  instance.mask = rle_encode(mask);
  instance.box = rle_box(instance.mask);
  instance.area = rle_area(instance.mask);
  return instance;
}

FrameResult random_result(Rng& rng) {
  FrameResult frame;
  frame.frame = rng() >> uniform(rng, 0, 63);
  frame.pts = uniform(rng, 0, 4) ? std::int64_t(rng() >> uniform(rng, 1, 63)) : -1;
  frame.size = {uniform(rng, 0, 30), uniform(rng, 0, 30)};
  frame.stale = uniform(rng, 0, 1);
  for (int i = uniform(rng, 0, 4); i > 0; --i) {
    const float score = std::uniform_real_distribution<float>(0, 1)(rng);
    frame.instances.push_back(make_instance((rng() >> uniform(rng, 5, 63)) * 8 + std::uint64_t(i), score,
                                            test::random_mask(rng, frame.size.width, frame.size.height)));
  }
  return frame;
}

void expect_equal(const FrameResult& a, const FrameResult& b) {
  EXPECT_EQ(a.frame, b.frame);
  EXPECT_EQ(a.pts, b.pts);
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.stale, b.stale);
  ASSERT_EQ(a.instances.size(), b.instances.size());
  for (std::size_t i = 0; i < a.instances.size(); ++i) {
    const Instance &x = a.instances[i], &y = b.instances[i];
    EXPECT_EQ(x.track_id, y.track_id);
    EXPECT_EQ(x.score, y.score);
    EXPECT_EQ(x.box, y.box);
    EXPECT_EQ(x.area, y.area);
    EXPECT_EQ(x.mask, y.mask);
  }
}

TEST(JsonLines, GoThereAndBack) {
  Rng rng(1);
  for (int trial = 0; trial < 1000; ++trial) {
    const FrameResult frame = random_result(rng);
    const std::string line = frame_to_json(frame);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    expect_equal(frame_from_json(line), frame);
  }
}

TEST(JsonLines, LookAsDocumented) {
  FrameResult frame;
  frame.frame = 7;
  frame.size = {4, 2};
  Mask mask(4, 2);
  mask.at(1, 0) = mask.at(2, 1) = 1;
  frame.instances.push_back(make_instance(3, 0.9f, mask));
  EXPECT_EQ(frame_to_json(frame),
            R"({"frame":7,"pts":null,"width":4,"height":2,"stale":false,"instances":[{"id":3,"score":0.9,)"
            R"("bbox":[1,0,2,2],"area":2,"segmentation":{"size":[2,4],"counts":"21200"}}]})");
  frame.instances.clear();
  const std::string line = frame_to_json(frame, "2026-11-30T19:45:52.000001Z");
  EXPECT_EQ(line, R"({"frame":7,"pts":null,"utc":"2026-11-30T19:45:52.000001Z","width":4,"height":2,)"
                  R"("stale":false,"instances":[]})");
  EXPECT_EQ(frame_from_json(line).frame, 7u);
}

/// A legal line with one entry replaced, or taken out where `value` is discarded.
std::string line_with(const std::string& pointer, const json& value) {
  FrameResult frame;
  frame.size = {3, 3};
  Mask mask(3, 3);
  mask.at(1, 1) = 1;
  frame.instances.push_back(make_instance(1, 0.5f, mask));
  frame.instances.push_back(make_instance(2, 0.4f, mask));
  json line = json::parse(frame_to_json(frame));
  const json::json_pointer place(pointer);
  if (value.is_discarded()) {
    line.at(place.parent_pointer()).erase(place.back());
  } else {
    line.at(place) = value;
  }
  return line.dump();
}

const json kTakenOut(json::value_t::discarded);

TEST(JsonLines, AcceptsUncompressedCountsAndUnknownKeys) {
  const FrameResult frame = frame_from_json(line_with("/instances/0/segmentation/counts", {4, 1, 4}));
  EXPECT_EQ(frame.instances[0].mask, frame.instances[1].mask);
  EXPECT_NO_THROW(frame_from_json(R"({"frame":0,"pts":5,"width":1,"height":1,"stale":true,"instances":[],"more":{}})"));
}

TEST(JsonLines, HostileValuesAreRefused) {
  const std::vector<std::pair<std::string, json>> changes{
      {"/frame", -1},
      {"/frame", 1.5},
      {"/frame", "0"},
      {"/frame", kTakenOut},
      {"/pts", -5},
      {"/pts", std::numeric_limits<std::uint64_t>::max()},
      {"/pts", kTakenOut},
      {"/width", std::int64_t(1) << 40},
      {"/height", -3},
      {"/stale", 0},
      {"/stale", nullptr},
      {"/instances", json::object()},
      {"/instances", kTakenOut},
      {"/instances/0", 5},
      {"/instances/0", nullptr},
      {"/instances/0/id", 0},
      {"/instances/0/id", 2},
      {"/instances/0/id", 1e300},
      {"/instances/0/score", 1.01},
      {"/instances/0/score", -0.1},
      {"/instances/0/score", nullptr},
      {"/instances/0/bbox", {1, 1, 1}},
      {"/instances/0/bbox", {1, 1, 1, 2}},
      {"/instances/0/bbox", {1, 1, 1, -1}},
      {"/instances/0/bbox", {1, 1, 1, std::int64_t(1) << 32}},
      {"/instances/0/area", 2},
      {"/instances/0/segmentation", nullptr},
      {"/instances/0/segmentation/size", {1, 9}},
      {"/instances/0/segmentation/size", {1 << 30, 1 << 30}},
      {"/instances/0/segmentation/size", {9}},
      {"/instances/0/segmentation/counts", "4"},
      {"/instances/0/segmentation/counts", {4, 1, 5}},
      {"/instances/0/segmentation/counts", {4.0, 1, 4}},
      {"/instances/0/segmentation/counts", {std::numeric_limits<std::uint64_t>::max(), 1, 9}},
      {"/instances/0/segmentation/counts", 9},
  };
  for (const auto& [pointer, value] : changes) {
    SCOPED_TRACE(pointer + (value.is_discarded() ? " taken out" : " = " + value.dump()));
    try {
      frame_from_json(line_with(pointer, value));
      ADD_FAILURE() << "was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Unreadable);
    }
  }
}

TEST(JsonLines, HostileTextIsRefused) {
  const std::string empty = R"("pts":null,"width":1,"height":1,"stale":false,"instances":[]})";
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[]"), std::string("{"), "{" + empty,
        "{\"frame\":1,\"frame\":1," + empty, "{\"frame\":1," + empty + "x", "{\"frame\":1e999," + empty,
        std::string(1 << 20, '['), std::string("\xff\xfe"), "{\"frame\":1," + empty + std::string(1, '\0'),
        "{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + ",\"frame\":1," + empty}) {
    EXPECT_THROW(frame_from_json(text), Error) << text.substr(0, 60);
  }
}

TEST(JsonLines, MutatedLinesAreFramesOrErrors) {
  Rng rng(2);
  for (int trial = 0; trial < 5000; ++trial) {
    const std::string line = test::mutated(rng, frame_to_json(random_result(rng)));
    try {
      const FrameResult frame = frame_from_json(line);
      expect_equal(frame_from_json(frame_to_json(frame)), frame);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Unreadable);
    }
  }
}

TEST(JsonLines, AScoreThatIsNoNumberIsNotWritten) {
  FrameResult frame;
  frame.instances.push_back(make_instance(1, std::numeric_limits<float>::quiet_NaN(), Mask()));
  EXPECT_THROW(frame_to_json(frame), Error);
}

TEST(YtvisResults, TracksByScoreWithNullWhereAbsent) {
  Mask mask(3, 2);
  mask.at(0, 0) = 1;
  FrameResult first, second, third, fourth;
  first.instances = {make_instance(1, 0.25f, mask)};
  second.instances = {make_instance(5, 0.75f, mask), make_instance(1, 1.0f, mask)};
  YtvisResults results(42);
  EXPECT_EQ(results.to_json(), "[]");
  for (const FrameResult& frame : {first, second, third, fourth}) results.add(frame);
  const json document = json::parse(results.to_json());
  const json rle{{"size", {2, 3}}, {"counts", rle_to_string(rle_encode(mask))}};
  // The longer track ranks first, though the short one was surer in its one frame.
  const json none = nullptr;
  EXPECT_EQ(
      document,
      (json{{{"video_id", 42}, {"category_id", 1}, {"score", 0.3125}, {"segmentations", {rle, rle, none, none}}},
            {{"video_id", 42}, {"category_id", 1}, {"score", 0.1875}, {"segmentations", {none, rle, none, none}}}}));
}

std::size_t allocated_bytes() {
  const struct mallinfo2 heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

TEST(YtvisResults, LongVideosTakeLittleMemory) {
  constexpr int kFrames = 10000, kFramesPerTrack = 20;
  Rng rng(1);
  const Mask mask = test::random_mask(rng, 64, 48);
  YtvisResults results;
  const std::size_t before = allocated_bytes();
  std::size_t text = 0, most = 0;
  for (int i = 0; i < kFrames; ++i) {
    FrameResult frame;
    frame.size = {64, 48};
    frame.instances = {make_instance(std::uint64_t(i) / kFramesPerTrack + 1, 0.5f, mask)};
    results.add(frame);
  }
  results.write([&](std::string_view piece) {
    text += piece.size();
    most = std::max(most, allocated_bytes());
  });
  EXPECT_GT(text, 25'000'000u);
  EXPECT_LT(most, before + 4'000'000);
}

TEST(YtvisResults, MasksComeBackFromTheTemporaryFile) {
  constexpr int kFrames = 3000, kTracks = 7;
  Rng rng(2);
  YtvisResults results;
  std::map<std::pair<std::uint64_t, std::size_t>, Rle> masks;  // by id and frame
  for (int i = 0; i < kFrames; ++i) {
    FrameResult frame;
    frame.size = {32, 24};
    for (std::uint64_t id = 1; id <= kTracks; ++id) {
      if (uniform(rng, 0, 2) == 0) continue;
      frame.instances.push_back(
          make_instance(id, float(id) / 10, test::random_mask(rng, 32, 24)));  // a higher id ranks before a lower one
      masks[{id, std::size_t(i)}] = frame.instances.back().mask;
    }
    results.add(frame);
  }
  const json document = json::parse(results.to_json());
  const auto tracks = results.ranked();
  ASSERT_EQ(document.size(), std::size_t(kTracks));
  ASSERT_EQ(tracks.size(), std::size_t(kTracks));
  std::size_t seen = 0;
  for (std::size_t rank = 0; rank < tracks.size(); ++rank) {
    const std::uint64_t id = kTracks - rank;
    const json& list = document[rank]["segmentations"];
    ASSERT_EQ(list.size(), std::size_t(kFrames));
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto mask = masks.find({id, i});
      ASSERT_EQ(list[i].is_null(), mask == masks.end());
      if (mask != masks.end()) {
        ASSERT_EQ(list[i]["counts"], rle_to_string(mask->second));
      }
    }
    results.for_each_mask(*tracks[rank], [&](std::size_t i, const Rle& mask) {
      ASSERT_EQ(rle_to_string(masks.at({id, i})), rle_to_string(mask));
      ++seen;
    });
  }
  EXPECT_EQ(seen, masks.size());
}

}  // namespace
}  // namespace vcl
