// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <random>
#include <string>
#include <vector>

#include "temporary_folder.hpp"
#include "training/photos/pack.hpp"
#include "vcl/error.hpp"
#include "vcl/safetensors.hpp"

namespace vcl::train {
namespace {

namespace fs = std::filesystem;

/// Red left half, blue right half.
std::string encoded_photo(int width, int height, const std::string& ending) {
  cv::Mat3b bgr(height, width, cv::Vec3b(0, 0, 255));
  bgr.colRange(width / 2, width).setTo(cv::Scalar(255, 0, 0));
  std::vector<uchar> bytes;
  cv::imencode(ending, bgr, bytes);
  return {bytes.begin(), bytes.end()};
}

/// The same JPEG with an EXIF block that says: turn it.
std::string with_orientation(const std::string& jpeg, char orientation) {
  std::string tiff("II*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0", 18);
  tiff += std::string{orientation, 0, 0, 0} + std::string(4, '\0');
  const std::string body = std::string("Exif\0\0", 6) + tiff;
  const auto length = static_cast<unsigned>(body.size() + 2);
  const std::string marker{'\xFF', '\xE1', static_cast<char>(length >> 8), static_cast<char>(length & 255)};
  return jpeg.substr(0, 2) + marker + body + jpeg.substr(2);
}

std::string tar_member(const std::string& name, const std::string& bytes, const std::string& prefix = "") {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  std::array<char, 16> octal{};
  std::snprintf(octal.data(), octal.size(), "%011o", static_cast<unsigned>(bytes.size()));
  put(0, name);
  put(100, "0000644");
  put(124, octal.data());
  put(148, "        ");
  put(156, "0");
  put(257, std::string("ustar\00000", 8));
  put(345, prefix);
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(octal.data(), octal.size(), "%06o", sum);
  put(148, std::string(octal.data()) + '\0');
  return header + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

void write_file(const std::string& path, const std::string& bytes) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

bool was_skipped(const PackResult& result, const std::string& name) {
  return std::ranges::any_of(result.skipped, [&](const Skipped& s) { return s.name.find(name) != std::string::npos; });
}

std::array<int, 3> pixel(const TensorView& photo, std::int64_t y, std::int64_t x) {
  std::array<int, 3> rgb;
  for (int c = 0; c < 3; ++c) rgb[c] = std::to_integer<int>(photo.bytes[(y * photo.shape[1] + x) * 3 + c]);
  return rgb;
}

using Shape = std::vector<std::int64_t>;

TEST(Pack, TakesFoldersArchivesAndFilesAndOnlyShrinks) {
  const TemporaryFolder folder;
  write_file(folder / "pets/dogs/a.jpg", encoded_photo(300, 100, ".jpg"));
  write_file(folder / "pets/B.PNG", encoded_photo(40, 60, ".png"));
  write_file(folder / "pets/notes.txt", "not a photo");
  write_file(folder / "cars/c.bmp", encoded_photo(96, 500, ".bmp"));
  write_file(folder / "more.tar", tar_member("sea/d.jpg", encoded_photo(192, 20, ".jpg")) +
                                      tar_member("e.jpg", encoded_photo(50, 50, ".jpg"), "long/prefix") +
                                      std::string(1024, '\0'));
  const PackResult result =
      pack_photos({folder / "pets", folder / "more.tar", folder / "cars/c.bmp"}, folder / "out.safetensors", 96, 2);
  EXPECT_EQ(result.photos, 4U);
  EXPECT_TRUE(result.skipped.size() == 1 && was_skipped(result, "sea/d.jpg")) << "96x10 pixels are too few";
  const SafetensorsFile pack(folder / "out.safetensors");
  EXPECT_EQ(pack.at("image/dogs/a.jpg").shape, (Shape{32, 96, 3}));
  EXPECT_EQ(pack.at("image/pets/B.PNG").shape, (Shape{60, 40, 3}));
  EXPECT_EQ(pack.at("image/cars/c.bmp").shape, (Shape{96, 18, 3}));
  EXPECT_EQ(pack.at("image/long/prefix/e.jpg").shape, (Shape{50, 50, 3}));
  EXPECT_EQ(pixel(pack.at("image/pets/B.PNG"), 30, 5), (std::array{255, 0, 0})) << "RGB, not BGR";
  EXPECT_EQ(pixel(pack.at("image/cars/c.bmp"), 50, 15), (std::array{0, 0, 255}));
}

TEST(Pack, TurnsPhotosAsTheirExifSays) {
  const TemporaryFolder folder;
  write_file(folder / "p/turned.jpg", with_orientation(encoded_photo(64, 32, ".jpg"), 6));
  pack_photos({folder / "p"}, folder / "out.safetensors", 192, 1);
  const SafetensorsFile pack(folder / "out.safetensors");
  const TensorView& photo = pack.at("image/p/turned.jpg");
  ASSERT_EQ(photo.shape, (Shape{64, 32, 3}));
  EXPECT_GT(pixel(photo, 5, 16)[0], 200) << "a quarter turn clockwise puts the left side on top";
  EXPECT_GT(pixel(photo, 58, 16)[2], 200);
}

TEST(Pack, NamesAndSkipsWhatItCannotUse) {
  const TemporaryFolder folder;
  const std::string jpeg = encoded_photo(64, 64, ".jpg");
  write_file(folder / "p/good.jpg", jpeg);
  write_file(folder / "p/empty.jpg", "");
  write_file(folder / "p/text.jpg", "hello");
  write_file(folder / "p/tiny.png", encoded_photo(3, 200, ".png"));
  write_file(folder / "cut.tar", tar_member("q/first.jpg", jpeg) + tar_member("q/second.jpg", jpeg).substr(0, 700));
  write_file(folder / "noise.tar", std::string(2000, 'x'));
  write_file(folder / "twice.tar", tar_member("p/good.jpg", jpeg));
  const PackResult result = pack_photos({folder / "p", folder / "cut.tar", folder / "noise.tar", folder / "twice.tar"},
                                        folder / "out.safetensors", 192, 3);
  EXPECT_EQ(result.photos, 2U);
  EXPECT_EQ(result.skipped.size(), 6U);
  for (const char* name : {"empty.jpg", "text.jpg", "tiny.png", "cut.tar", "noise.tar", "twice.tar"})
    EXPECT_TRUE(was_skipped(result, name)) << name;
  EXPECT_EQ(SafetensorsFile(folder / "out.safetensors").tensors().size(), 2U);
}

TEST(Pack, ReportsWhatMakesTheWholeRunPointless) {
  const TemporaryFolder folder;
  write_file(folder / "p/text.jpg", "hello");
  EXPECT_THROW(pack_photos({folder / "absent"}, folder / "out.safetensors", 192, 1), Error);
  EXPECT_THROW(pack_photos({folder / "p"}, folder / "out.safetensors", 192, 1), Error);
  EXPECT_FALSE(fs::exists(folder / "out.safetensors"));
  write_file(folder / "p/good.jpg", encoded_photo(64, 64, ".jpg"));
  EXPECT_THROW(pack_photos({folder / "p"}, folder / "missing/out.safetensors", 192, 1), Error);
}

TEST(Pack, SurvivesArchivesWithRandomDamage) {
  const TemporaryFolder folder;
  const std::string whole = tar_member("a/1.jpg", encoded_photo(40, 30, ".jpg")) +
                            tar_member("a/2.png", encoded_photo(30, 40, ".png")) +
                            tar_member("a/3.jpg", encoded_photo(32, 32, ".jpg")) + std::string(1024, '\0');
  write_file(folder / "p/good.jpg", encoded_photo(64, 64, ".jpg"));
  std::mt19937 random(11);
  for (int attempt = 0; attempt < 200; ++attempt) {
    std::string damaged = whole;
    for (int i = 0; i < 4; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    if (attempt % 3 == 0) damaged.resize(random() % damaged.size());
    write_file(folder / "d.tar", damaged);
    const PackResult result = pack_photos({folder / "p", folder / "d.tar"}, folder / "out.safetensors", 192, 1);
    EXPECT_EQ(SafetensorsFile(folder / "out.safetensors").tensors().size(), result.photos);
  }
}

}  // namespace
}  // namespace vcl::train
