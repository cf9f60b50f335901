// SPDX-License-Identifier: LGPL-2.1-or-later
// tests/golden/data/rle: integers must agree exactly, IoU to 1e-12 (one division of integers).
#include <algorithm>
#include <vector>

#include "golden_files.hpp"
#include "vcl/error.hpp"
#include "vcl/mask.hpp"
#include "vcl/safetensors.hpp"

namespace vcl {
namespace {

using nlohmann::json;

constexpr double kIouTolerance = 1e-12;

Box box_of(const json& box) {
  return {int(box[0]), int(box[1]), int(box[2]), int(box[3])};
}

/// Compressed text or run lengths, as untrusted files hold them.
Rle read_mask(const json& counts, int width, int height) {
  if (counts.is_string()) return rle_from_string(counts.get<std::string>(), width, height);
  std::vector<std::int64_t> runs;
  for (const json& run : counts) {
    if (!run.is_number_integer()) throw Error(ErrorKind::Unreadable, "not integers");
    runs.push_back(run.get<std::int64_t>());
  }
  return rle_from_counts(runs, width, height);
}

std::vector<Rle> read_masks(const json& pairs) {
  std::vector<Rle> masks;
  for (const json& text : pairs.at("compressed")) masks.push_back(read_mask(text, pairs.at("w"), pairs.at("h")));
  return masks;
}

TEST(GoldenRle, TextCountsAreaAndBox) {
  VCL_GOLDEN_FOLDER(folder, "rle");
  const json cases = golden::read_json(folder + "/cases.json");
  ASSERT_FALSE(cases.empty());
  for (const json& entry : cases) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    const int width = entry.at("w"), height = entry.at("h");
    const Rle mask = rle_from_string(entry.at("compressed").get<std::string>(), width, height);
    EXPECT_EQ(mask.runs, entry.at("counts").get<std::vector<std::uint32_t>>());
    EXPECT_EQ(mask, rle_from_counts(entry.at("counts").get<std::vector<std::int64_t>>(), width, height));
    EXPECT_EQ(rle_to_string(mask), entry.at("compressed").get<std::string>());
    EXPECT_EQ(rle_area(mask), entry.at("area").get<std::uint64_t>());
    EXPECT_EQ(rle_box(mask), box_of(entry.at("bbox")));
    EXPECT_EQ(rle_encode(rle_decode(mask)), mask);
  }
}

TEST(GoldenRle, Pixels) {
  VCL_GOLDEN_FOLDER(folder, "rle");
  const json cases = golden::read_json(folder + "/cases.json");
  const SafetensorsFile file(folder + "/masks.safetensors");
  ASSERT_FALSE(file.tensors().empty());
  for (const auto& [name, pixels] : file.tensors()) {
    SCOPED_TRACE(name);
    const auto entry =
        std::ranges::find_if(cases, [&name = name](const json& other) { return other.at("name") == name; });
    ASSERT_NE(entry, cases.end());
    ASSERT_EQ(pixels.dtype, DType::U8);
    ASSERT_EQ(pixels.shape, (std::vector<std::int64_t>{entry->at("h"), entry->at("w")}));
    Mask mask(entry->at("w"), entry->at("h"));
    std::ranges::transform(pixels.bytes, mask.pixels.begin(), [](std::byte value) { return std::uint8_t(value); });
    EXPECT_EQ(rle_to_string(rle_encode(mask)), entry->at("compressed").get<std::string>());
    EXPECT_EQ(rle_decode(read_mask(entry->at("compressed"), mask.width, mask.height)).pixels, mask.pixels);
  }
}

TEST(GoldenRle, IouOfPairs) {
  VCL_GOLDEN_FOLDER(folder, "rle");
  const json pairs = golden::read_json(folder + "/pairs.json");
  const std::vector<Rle> masks = read_masks(pairs);
  ASSERT_FALSE(masks.empty());
  for (std::size_t i = 0; i < masks.size(); ++i) {
    EXPECT_EQ(rle_area(masks[i]), pairs.at("areas").at(i).get<std::uint64_t>());
    EXPECT_EQ(rle_box(masks[i]), box_of(pairs.at("bboxes").at(i)));
    for (std::size_t j = 0; j < masks.size(); ++j) {
      SCOPED_TRACE(std::to_string(i) + ", " + std::to_string(j));
      const bool crowd = pairs.at("iscrowd").at(j) != 0;
      EXPECT_NEAR(rle_iou(masks[i], masks[j]), pairs.at("iou").at(i).at(j).get<double>(), kIouTolerance);
      EXPECT_NEAR(rle_iou(masks[i], masks[j], crowd), pairs.at("iou_crowd").at(i).at(j).get<double>(), kIouTolerance);
      EXPECT_NEAR(box_iou(rle_box(masks[i]), rle_box(masks[j])), pairs.at("bbox_iou").at(i).at(j).get<double>(),
                  kIouTolerance);
    }
  }
}

TEST(GoldenRle, Merges) {
  VCL_GOLDEN_FOLDER(folder, "rle");
  const json pairs = golden::read_json(folder + "/pairs.json");
  const std::vector<Rle> masks = read_masks(pairs);
  ASSERT_FALSE(pairs.at("merges").empty());
  for (const json& entry : pairs.at("merges")) {
    SCOPED_TRACE(entry.dump());
    std::vector<Rle> parts;
    for (const json& index : entry.at("of")) parts.push_back(masks.at(index.get<std::size_t>()));
    const Rle merged = rle_merge(parts, entry.at("intersect") != 0);
    EXPECT_EQ(rle_to_string(merged), entry.at("compressed").get<std::string>());
    EXPECT_EQ(rle_area(merged), entry.at("area").get<std::uint64_t>());
  }
}

TEST(GoldenRle, MasksOfTwoSizesAreRefused) {
  VCL_GOLDEN_FOLDER(folder, "rle");
  const std::vector<Rle> masks = read_masks(golden::read_json(folder + "/pairs.json"));
  const std::vector<Rle> differing{masks.at(0), rle_encode(Mask(masks[0].height, masks[0].width + 1))};
  EXPECT_THROW(rle_merge(differing), Error);
  EXPECT_THROW(rle_intersection(differing[0], differing[1]), Error);
}

TEST(GoldenRle, SafeReader) {
  VCL_GOLDEN_FOLDER(folder, "rle");
  const json cases = golden::read_json(folder + "/malformed.json");
  ASSERT_FALSE(cases.empty());
  for (const json& entry : cases) {
    SCOPED_TRACE(entry.at("name").get<std::string>() + ": " + entry.at("why").get<std::string>());
    const auto read = [&] { return read_mask(entry.at("counts"), entry.at("w"), entry.at("h")); };
    if (entry.at("must") == "reject") {
      EXPECT_THROW(read(), Error);
      continue;
    }
    ASSERT_EQ(entry.at("must"), "accept");
    const Rle mask = read();
    EXPECT_EQ(rle_area(mask), entry.at("expect_area").get<std::uint64_t>());
    EXPECT_EQ(rle_encode(rle_decode(mask)), mask) << "not canonical";
  }
}

}  // namespace
}  // namespace vcl
