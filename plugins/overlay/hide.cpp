// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/overlay/hide.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "plugins/draw/painter.hpp"

namespace gstvcl {
namespace {

constexpr int kBlocksAlongSide = 6;
constexpr int kMostChannels = 4;

// The part of a plane that the area's box covers. Pixels have `channels` bytes each.
struct Patch {
  guint8* data;
  std::ptrdiff_t stride;
  int channels, width, height;
  int shift_x, shift_y;  // subsampling of the plane, as bit shifts
};

Patch patch_of(GstVideoFrame* frame, guint plane, const vcl::Box& box) {
  const GstVideoFormatInfo* format = frame->info.finfo;
  guint component = 0;
  while (GST_VIDEO_FORMAT_INFO_PLANE(format, component) != plane) ++component;
  const int shift_x = int(GST_VIDEO_FORMAT_INFO_W_SUB(format, component)),
            shift_y = int(GST_VIDEO_FORMAT_INFO_H_SUB(format, component));
  const int channels = GST_VIDEO_FRAME_COMP_PSTRIDE(frame, component);
  const std::ptrdiff_t stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane);
  return {static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(frame, plane)) + (box.y >> shift_y) * stride +
              std::ptrdiff_t(box.x >> shift_x) * channels,
          stride,
          channels,
          (box.width + shift_x) >> shift_x,
          (box.height + shift_y) >> shift_y,
          shift_x,
          shift_y};
}

// Returns the row of the area's mask that belongs to row `y` of the patch: 255 is hidden.
const guint8* hidden_row(const HiddenArea& area, const Patch& patch, int y, std::vector<guint8>& buffer) {
  const guint8* row = &area.inside[std::size_t(y << patch.shift_y) * std::size_t(area.box.width)];
  if (patch.shift_x == 0) return row;
  buffer.resize(std::size_t(patch.width));
  for (int x = 0; x < patch.width; ++x) buffer[std::size_t(x)] = row[x << patch.shift_x];
  return buffer.data();
}

using Pixel = std::array<guint8, kMostChannels>;

struct Sum {
  std::array<guint64, kMostChannels> values{};
  guint64 pixels = 0;

  void add(const Sum& other) {
    for (std::size_t c = 0; c < values.size(); ++c) values[c] += other.values[c];
    pixels += other.pixels;
  }
  Pixel mean() const {
    Pixel mean{};
    for (std::size_t c = 0; c < values.size(); ++c) mean[c] = guint8((values[c] + pixels / 2) / pixels);
    return mean;
  }
};

// The blocks of a patch. Those at its right and lower edges may be smaller.
struct Blocks {
  int block_width, block_height, columns, rows;
  std::size_t at(int column, int row) const { return std::size_t(row) * std::size_t(columns) + std::size_t(column); }
};

template <int kChannels>
void add_row(const guint8* pixels, const guint8* hidden, int from, int to, Sum& sum) {
  std::array<guint32, kChannels> values{};
  guint32 count = 0;
  for (int x = from; x < to; ++x) {
    count += hidden[x] & 1;
    for (int c = 0; c < kChannels; ++c) values[std::size_t(c)] += pixels[x * kChannels + c] & hidden[x];
  }
  for (int c = 0; c < kChannels; ++c) sum.values[std::size_t(c)] += values[std::size_t(c)];
  sum.pixels += count;
}

template <int kChannels>
std::vector<Sum> sum_blocks(const Patch& patch, const HiddenArea& area, const Blocks& blocks) {
  std::vector<Sum> sums(blocks.at(0, blocks.rows));
  std::vector<guint8> buffer;
  for (int y = 0; y < patch.height; ++y) {
    const guint8* hidden = hidden_row(area, patch, y, buffer);
    Sum* row = &sums[blocks.at(0, y / blocks.block_height)];
    for (int column = 0; column < blocks.columns; ++column)
      add_row<kChannels>(patch.data + y * patch.stride, hidden, column * blocks.block_width,
                         std::min((column + 1) * blocks.block_width, patch.width), row[column]);
  }
  return sums;
}

// Returns the mean color of the hidden pixels of each block. A block in which less than half of the pixels are hidden
// also uses its neighbors, and if these are not enough, all blocks: the mean of a few pixels would show them. Returns
// an empty list if there are too few hidden pixels in all.
std::vector<Pixel> means_of(const std::vector<Sum>& sums, const Blocks& blocks) {
  const guint64 enough = std::max(1, blocks.block_width * blocks.block_height / 2);
  Sum all;
  for (const Sum& sum : sums) all.add(sum);
  if (all.pixels < enough) return {};
  std::vector<Pixel> means(sums.size());
  for (int row = 0; row < blocks.rows; ++row)
    for (int column = 0; column < blocks.columns; ++column) {
      Sum sum = sums[blocks.at(column, row)];
      if (sum.pixels < enough) {
        sum = {};
        for (int y = std::max(0, row - 1); y <= std::min(row + 1, blocks.rows - 1); ++y)
          for (int x = std::max(0, column - 1); x <= std::min(column + 1, blocks.columns - 1); ++x)
            sum.add(sums[blocks.at(x, y)]);
      }
      means[blocks.at(column, row)] = (sum.pixels < enough ? all : sum).mean();
    }
  return means;
}

// Sets each hidden pixel of the patch to its value in the row that `make_row(y)` returns.
template <int kChannels, typename MakeRow>
void fill(const Patch& patch, const HiddenArea& area, MakeRow make_row) {
  std::vector<guint8> buffer;
  for (int y = 0; y < patch.height; ++y) {
    const guint8* hidden = hidden_row(area, patch, y, buffer);
    const guint8* values = make_row(y);
    guint8* pixels = patch.data + y * patch.stride;
    for (int x = 0; x < patch.width; ++x)
      for (int c = 0; c < kChannels; ++c) {
        guint8& pixel = pixels[x * kChannels + c];
        pixel = guint8((values[x * kChannels + c] & hidden[x]) | (pixel & ~hidden[x]));
      }
  }
}

template <int kChannels>
void fill_mosaic(const Patch& patch, const HiddenArea& area, const Blocks& blocks, const std::vector<Pixel>& means) {
  std::vector<guint8> values(std::size_t(patch.width) * kChannels);
  fill<kChannels>(patch, area, [&](int y) {
    if (y % blocks.block_height == 0)
      for (int x = 0; x < patch.width; ++x)
        std::memcpy(&values[std::size_t(x) * kChannels],
                    means[blocks.at(x / blocks.block_width, y / blocks.block_height)].data(), kChannels);
    return values.data();
  });
}

// A position between the centers of two neighboring blocks. `weight` is that of the second block, in 256ths.
struct Between {
  int first, second;
  guint32 weight;
};

Between between(int place, int block, int count) {
  const int halves = 2 * place + 1 - block;  // distance from the center of the first block, in half pixels
  if (halves < 0) return {0, 0, 0};
  const int first = std::min(halves / (2 * block), count - 1);
  return {first, std::min(first + 1, count - 1), guint32(halves % (2 * block)) * 128 / guint32(block)};
}

template <int kChannels>
void fill_blur(const Patch& patch, const HiddenArea& area, const Blocks& blocks, const std::vector<Pixel>& means) {
  std::vector<Between> columns(static_cast<std::size_t>(patch.width));
  for (int x = 0; x < patch.width; ++x) columns[std::size_t(x)] = between(x, blocks.block_width, blocks.columns);
  std::vector<std::array<guint32, kChannels>> line(std::size_t(blocks.columns));  // the blocks, interpolated at this
                                                                                  // row
  std::vector<guint8> values(std::size_t(patch.width) * kChannels);
  fill<kChannels>(patch, area, [&](int y) {
    const Between rows = between(y, blocks.block_height, blocks.rows);
    for (int column = 0; column < blocks.columns; ++column)
      for (std::size_t c = 0; c < kChannels; ++c)
        line[std::size_t(column)][c] = means[blocks.at(column, rows.first)][c] * (256 - rows.weight) +
                                       means[blocks.at(column, rows.second)][c] * rows.weight;
    for (std::size_t x = 0; x < columns.size(); ++x)
      for (std::size_t c = 0; c < kChannels; ++c)
        values[x * kChannels + c] = guint8((line[std::size_t(columns[x].first)][c] * (256 - columns[x].weight) +
                                            line[std::size_t(columns[x].second)][c] * columns[x].weight + 32768) >>
                                           16);
    return values.data();
  });
}

template <int kChannels>
void fill_flat(const Patch& patch, const HiddenArea& area, const Pixel& color) {
  std::vector<guint8> values(std::size_t(patch.width) * kChannels);
  for (int x = 0; x < patch.width; ++x) std::memcpy(&values[std::size_t(x) * kChannels], color.data(), kChannels);
  fill<kChannels>(patch, area, [&](int) { return values.data(); });
}

// Returns the hiding color of a plane: gray for its color components, opaque (255) for alpha and padding.
Pixel gray(GstVideoFrame* frame, guint plane) {
  const Painter::Color color = Painter(frame).color({127, 127, 127});
  const GstVideoFormatInfo* format = frame->info.finfo;
  Pixel pixel;
  pixel.fill(255);
  for (guint c = 0; c < std::min(3u, GST_VIDEO_FORMAT_INFO_N_COMPONENTS(format)); ++c)
    if (GST_VIDEO_FORMAT_INFO_PLANE(format, c) == plane)
      pixel[GST_VIDEO_FORMAT_INFO_POFFSET(format, c)] = guint8(color[c]);
  return pixel;
}

int block_side(const vcl::Box& box, const GstVideoFrame* frame) {
  const int longest = std::max(box.width, box.height);
  const int least = std::min(GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame)) / 32;
  const int side = std::max({8, least, (longest + kBlocksAlongSide - 1) / kBlocksAlongSide});
  return (side + 1) & ~1;  // even, because of chroma subsampling
}

template <int kChannels>
void hide_plane(const Patch& patch, const HiddenArea& area, int side, const Pixel& flat, Style style) {
  const int width = side >> patch.shift_x, height = side >> patch.shift_y;
  const Blocks blocks{width, height, (patch.width + width - 1) / width, (patch.height + height - 1) / height};
  std::vector<Pixel> means;
  if (style != Style::Cutout) means = means_of(sum_blocks<kChannels>(patch, area, blocks), blocks);
  if (means.empty())
    fill_flat<kChannels>(patch, area, flat);
  else if (style == Style::Mosaic)
    fill_mosaic<kChannels>(patch, area, blocks, means);
  else
    fill_blur<kChannels>(patch, area, blocks, means);
}

}  // namespace

void hide(GstVideoFrame* frame, const HiddenArea& area, Style style) {
  constexpr std::array kHide = {hide_plane<1>, hide_plane<2>, hide_plane<3>, hide_plane<4>};
  const int side = block_side(area.box, frame);
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(frame); ++plane) {
    const Patch patch = patch_of(frame, plane, area.box);
    kHide[std::size_t(patch.channels - 1)](patch, area, side, gray(frame, plane), style);
  }
}

}  // namespace gstvcl
