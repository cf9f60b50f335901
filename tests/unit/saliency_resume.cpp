// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>

#include "saliency_scenes.hpp"
#include "temporary_folder.hpp"
#include "training/labels/label_journal.hpp"
#include "training/labels/pseudo_label.hpp"
#include "training/saliency/saliency.hpp"
#include "vcl/error.hpp"
#include "vcl/safetensors.hpp"

namespace vcl::train {
namespace {

namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

saliency::SaliencyLabel made_label(int i) {
  saliency::SaliencyLabel label{cv::Mat1b(5 + i, 7), 0.1F * static_cast<float>(i)};
  for (int k = 0; k < static_cast<int>(label.soft.total()); ++k) label.soft.data[k] = static_cast<uchar>(31 * i + k);
  return label;
}

void add_made_label(Journal& journal, int i) {
  const saliency::SaliencyLabel label = made_label(i);
  add_label(journal, i, std::as_bytes(std::span(label.soft.data, label.soft.total())), label.weight);
}

bool equal(std::span<const std::byte> bytes, const cv::Mat1b& soft) {
  return std::ranges::equal(bytes, std::as_bytes(std::span(soft.data, soft.total())));
}

TEST(Journal, ARecordOfAnotherSizeIsMadeAgain) {
  const TemporaryFolder folder;
  const std::string path = folder / "labels.journal";
  const std::vector<std::byte> record(9);
  {
    Journal journal(path, "mark", 3);
    for (std::size_t i = 0; i < 3; ++i) journal.add(i, record);
  }
  EXPECT_EQ(Journal(path, "mark", 3, {9, 9, 9}).done(), 3U);
  EXPECT_EQ(Journal(path, "mark", 3, {9, 8, 9}).done(), 1U);
  EXPECT_EQ(Journal(path, "mark", 3, {0, 9, 9}).done(), 0U);
}

TEST(Journal, ARecordThatPromisesMoreThanTheFileHoldsIsNone) {
  const TemporaryFolder folder;
  const std::string path = folder / "labels.journal";
  { Journal(path, "mark", 3).add(0, std::vector<std::byte>(9)); }
  const std::uint32_t head[3] = {1, 0x3FFFFFFF, 0};  // item, bytes, checksum
  std::ofstream(path, std::ios::binary | std::ios::app).write(reinterpret_cast<const char*>(head), sizeof head);
  EXPECT_EQ(Journal(path, "mark", 3).done(), 1U);
}

TEST(Journal, KeepsWholeRecordsWhereverItWasCutOrDamaged) {
  const TemporaryFolder folder;
  const std::string path = folder / "labels.journal";
  constexpr int kPhotos = 6;
  {
    Journal journal(path, "mark", kPhotos);
    for (int i = 0; i < kPhotos; ++i) add_made_label(journal, i);
  }
  const std::string whole = read_file(path);
  std::mt19937 random(9);
  for (int attempt = 0; attempt < 300; ++attempt) {
    std::string broken = whole;
    const std::size_t at = 5 + random() % (broken.size() - 5);  // behind the fingerprint
    if (attempt % 2)
      broken.resize(at);
    else
      broken[at] = static_cast<char>(broken[at] ^ (1 << random() % 8));
    write_file(path, broken);
    Journal journal(path, "mark", kPhotos);
    const std::size_t kept = journal.done();
    EXPECT_LT(kept, kPhotos);
    for (std::size_t i = 0; i < kPhotos; ++i) {
      EXPECT_EQ(journal.has(i), i < kept);
      if (i < kept)
        EXPECT_TRUE(equal(label_map(journal, i), made_label(static_cast<int>(i)).soft));
      else
        add_made_label(journal, static_cast<int>(i));
    }
    EXPECT_EQ(read_file(path), whole) << "made again, nothing lost, nothing twice";
  }
}

TEST(Journal, RefusesAnothersWork) {
  const TemporaryFolder folder;
  const std::string path = folder / "labels.journal";
  {
    Journal journal(path, "mark; tau 1; n 3", 3);
    EXPECT_THROW(Journal(path, "mark; tau 1; n 3", 3), Error) << "two at once";
  }
  EXPECT_NO_THROW(Journal(path, "mark; tau 1; n 3", 3)) << "the lock went with its owner";
  try {
    Journal(path, "mark; tau 2; n 3", 3);
    ADD_FAILURE() << "was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("\"tau 1\", this run has \"tau 2\""), std::string::npos) << error.what();
  }
  EXPECT_THROW(Journal(path, "another; tau 1; n 3", 3), Error);
  write_file(path, "mark; ta");
  EXPECT_EQ(Journal(path, "mark; tau 1; n 3", 3).done(), 0U) << "killed in its first line";
  write_file(path, "a file of somebody else's\n");
  EXPECT_THROW(Journal(path, "mark; tau 1; n 3", 3), Error);
  EXPECT_EQ(read_file(path), "a file of somebody else's\n");
  EXPECT_THROW(Journal(folder / "missing/labels.journal", "mark", 3), Error);
}

std::string write_pack(const TemporaryFolder& folder, int photos) {
  std::mt19937 random(10);
  std::vector<saliency::Scene> scenes;
  std::map<std::string, TensorView> tensors;
  for (int i = 0; i < photos; ++i) scenes.push_back(saliency::random_scene(random, {64 + i, 48}));
  for (int i = 0; i < photos; ++i) {
    const cv::Mat3b& rgb = scenes[i].rgb;
    tensors["image/made/" + std::to_string(i)] = {
        DType::U8, {rgb.rows, rgb.cols, 3}, std::as_bytes(std::span(rgb.data, rgb.total() * 3))};
  }
  write_safetensors(folder / "photos.safetensors", tensors, {});
  return folder / "photos.safetensors";
}

TEST(LabelBySaliency, InterruptedRunEndsLikeAnUninterruptedOne) {
  const TemporaryFolder folder;
  PseudoLabelOptions options;
  options.images = write_pack(folder, 5);
  options.out = folder / "whole.safetensors";
  options.sheet = folder / "whole.png";
  options.threads = 2;
  label_by_saliency(options);
  EXPECT_TRUE(fs::exists(options.sheet));
  EXPECT_TRUE(fs::exists(options.out + ".json"));
  EXPECT_FALSE(fs::exists(options.out + ".journal")) << "left behind";
  const SafetensorsFile whole(options.out);
  EXPECT_EQ(whole.tensors().size(), 10U);
  EXPECT_EQ(whole.at("soft/made/3").shape, (std::vector<std::int64_t>{48, 67}));
  EXPECT_EQ(whole.at("weight/made/3").dtype, DType::F32);

  // A sheet that cannot be written stops the run after all labels are in the journal.
  options.out = folder / "resumed.safetensors";
  options.sheet = folder / "missing/sheet.png";
  EXPECT_THROW(label_by_saliency(options), Error);
  ASSERT_TRUE(fs::exists(options.out + ".journal"));
  fs::remove(options.out);
  fs::resize_file(options.out + ".journal", fs::file_size(options.out + ".journal") * 2 / 3);
  options.sheet.clear();
  options.threads = 1;
  label_by_saliency(options);
  EXPECT_EQ(read_file(folder / "resumed.safetensors"), read_file(folder / "whole.safetensors"));
  EXPECT_NE(read_file(options.out + ".json").find("\"photos\": 5"), std::string::npos);
}

TEST(LabelBySaliency, NamesWhatIsWrongWithThePack) {
  const TemporaryFolder folder;
  PseudoLabelOptions options;
  options.out = folder / "labels.safetensors";
  options.images = folder / "absent.safetensors";
  EXPECT_THROW(label_by_saliency(options), Error);
  const std::vector<std::byte> bytes(12);
  options.images = folder / "wrong.safetensors";
  write_safetensors(options.images, {{"image/x", {DType::U8, {2, 6}, bytes}}}, {});
  EXPECT_THROW(label_by_saliency(options), Error);
  write_safetensors(options.images, {{"other", {DType::U8, {12}, bytes}}}, {});
  EXPECT_THROW(label_by_saliency(options), Error);
}

}  // namespace
}  // namespace vcl::train
