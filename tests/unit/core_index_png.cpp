// SPDX-License-Identifier: LGPL-2.1-or-later
// Index PNGs as people's tools write them, and broken ones.
#include <gtest/gtest.h>
#include <png.h>

#include <cstdio>
#include <memory>

#include "core_random.hpp"
#include "evaluation/index_png.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

class IndexPng : public testing::Test {
 protected:
  std::string path() const { return folder_.file("mask.png"); }

  void write(int bits, int colours, const std::vector<std::uint8_t>& row, int height) {
    const auto close = [](std::FILE* file) { std::fclose(file); };
    const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path().c_str(), "wb"), close);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file.get());
    const std::size_t channels = colours == PNG_COLOR_TYPE_RGB ? 3 : 1;
    png_set_IHDR(png, info, png_uint_32(row.size() / channels), png_uint_32(height), bits, colours, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    const std::vector<png_color> palette(std::size_t(1) << bits, png_color{9, 9, 9});
    if (colours == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette.data(), int(palette.size()));
    png_write_info(png, info);
    png_set_packing(png);
    for (int y = 0; y < height; ++y) png_write_row(png, row.data());
    png_write_end(png, nullptr);
    png_destroy_write_struct(&png, &info);
  }

  test::TemporaryFolder folder_;
};

using Labels = std::vector<std::uint8_t>;

TEST_F(IndexPng, KeepsIndicesWhateverThePaletteShows) {
  write(8, PNG_COLOR_TYPE_PALETTE, {0, 1, 255, 20}, 1);
  EXPECT_EQ(read_index_png(path()).labels, (Labels{0, 1, 255, 20}));
  write(2, PNG_COLOR_TYPE_PALETTE, {0, 3, 1, 2, 3}, 2);
  const IndexImage image = read_index_png(path());
  EXPECT_EQ(image.size, (Size{5, 2}));
  EXPECT_EQ(image.labels, (Labels{0, 3, 1, 2, 3, 0, 3, 1, 2, 3}));
}

TEST_F(IndexPng, WhiteOnBlackIsOneObject) {
  write(8, PNG_COLOR_TYPE_GRAY, {0, 255, 255}, 1);
  EXPECT_EQ(read_index_png(path()).labels, (Labels{0, 1, 1}));
  write(1, PNG_COLOR_TYPE_GRAY, {0, 1, 1}, 1);
  EXPECT_EQ(read_index_png(path()).labels, (Labels{0, 1, 1}));
  write(8, PNG_COLOR_TYPE_GRAY, {0, 2, 255}, 1);
  EXPECT_EQ(read_index_png(path()).labels, (Labels{0, 2, 255}));
}

TEST_F(IndexPng, RefusesColours) {
  write(8, PNG_COLOR_TYPE_RGB, {1, 2, 3, 4, 5, 6}, 1);
  EXPECT_THROW(read_index_png(path()), Error);
  EXPECT_THROW(read_index_png(folder_.file("absent.png")), Error);
}

TEST_F(IndexPng, SurvivesMutations) {
  test::Rng rng(7);
  write(8, PNG_COLOR_TYPE_PALETTE, {0, 1, 2, 3, 4, 5, 6, 7}, 8);
  const std::string whole = test::read_file(path());
  for (int i = 0; i < 3000; ++i) {
    test::write_file(path(), test::mutated(rng, whole));
    try {
      read_index_png(path());
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("mask.png"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace vcl
