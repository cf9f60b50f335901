// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/nn/winograd_kernel.hpp"

#include <algorithm>
#include <vector>

#include "libvcl/engine/nn/lanes.hpp"

namespace vcl {
namespace {

constexpr int kIn = 6, kOut = int(kWinogradTile);
constexpr float kA = float(kWinogradA), kA2 = kA * kA, kA3 = kA2 * kA;
constexpr float kB = float(kWinogradB), kB2 = kB * kB, kB3 = kB2 * kB;

/// Transforms six values of a line to the points 0, a, -a, b, -b, infinity.
template <typename V>
VCL_INLINE void to_points(const V (&d)[kIn], V (&v)[kIn]) {
  const V even_a = d[4] - kB2 * d[2], odd_a = kA * d[3] - kA * kB2 * d[1];
  const V even_b = d[4] - kA2 * d[2], odd_b = kB * d[3] - kB * kA2 * d[1];
  v[0] = kA2 * kB2 * d[0] - (kA2 + kB2) * d[2] + d[4];
  v[1] = even_a + odd_a;
  v[2] = even_a - odd_a;
  v[3] = even_b + odd_b;
  v[4] = even_b - odd_b;
  v[5] = kA2 * kB2 * d[1] - (kA2 + kB2) * d[3] + d[5];
}

/// Transforms the products at the points back to four values of a line.
template <typename V>
VCL_INLINE void from_points(const V (&m)[kIn], V (&y)[kOut]) {
  const V even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
  y[0] = m[0] + even_a + even_b;
  y[1] = kA * odd_a + kB * odd_b;
  y[2] = kA2 * even_a + kB2 * even_b;
  y[3] = kA3 * odd_a + kB3 * odd_b + m[5];
}

/// Transforms the 6x6 pixels of a tile, for the channels of one vector, to values `stride` floats apart.
template <typename V>
VCL_INLINE void transform_input(const float* const (&pixels)[kIn][kIn], std::int64_t channel, float* values,
                                std::int64_t stride) {
  V lines[kIn][kIn];  // the points of each row
  for (int y = 0; y < kIn; ++y) {
    V line[kIn];
    for (int x = 0; x < kIn; ++x) line[x] = load<V>(pixels[y][x] + channel);
    to_points(line, lines[y]);
  }
  for (int x = 0; x < kIn; ++x) {
    V column[kIn], points[kIn];
    for (int y = 0; y < kIn; ++y) column[y] = lines[y][x];
    to_points(column, points);
    for (int y = 0; y < kIn; ++y) store(values + (y * kIn + x) * stride + channel, points[y]);
  }
}

/// Transforms products back to the `rows` x `columns` pixels of the tile that lie on the map.
template <typename V>
VCL_INLINE void transform_output(const float* products, std::int64_t stride, const float* bias, std::int64_t channel,
                                 const TiledMaps& maps, std::int64_t rows, std::int64_t columns, float* pixels) {
  V lines[kOut][kIn];
  for (int x = 0; x < kIn; ++x) {
    V column[kIn], line[kOut];
    for (int y = 0; y < kIn; ++y) column[y] = load<V>(products + (y * kIn + x) * stride + channel);
    from_points(column, line);
    for (int y = 0; y < kOut; ++y) lines[y][x] = line[y];
  }
  const V shift = bias ? load<V>(bias + channel) : V{};
  for (std::int64_t y = 0; y < rows; ++y) {
    V line[kOut];
    from_points(lines[y], line);
    for (std::int64_t x = 0; x < columns; ++x)
      store(pixels + (y * maps.width + x) * maps.channels + channel, line[x] + shift);
  }
}

/// The image of a tile and its first pixel there.
struct TilePlace {
  TilePlace(const TiledMaps& maps, std::int64_t tile)
      : image(tile / (maps.tile_rows() * maps.tile_columns())),
        y(tile / maps.tile_columns() % maps.tile_rows() * kWinogradTile),
        x(tile % maps.tile_columns() * kWinogradTile) {}
  const std::int64_t image, y, x;
};

VCL_INLINE void input_kernel(const TiledMaps& maps, std::int64_t begin, std::int64_t end, const float* input,
                             float* values, std::int64_t stride) {
  const std::vector<float> outside(std::size_t(maps.channels), 0.0F);
  for (std::int64_t tile = begin; tile < end; ++tile, values += maps.channels) {
    const TilePlace place(maps, tile);
    const float* pixels[kIn][kIn];
    for (int dy = 0; dy < kIn; ++dy)
      for (int dx = 0; dx < kIn; ++dx) {
        const std::int64_t y = place.y + dy - 1, x = place.x + dx - 1;
        const bool inside = y >= 0 && y < maps.height && x >= 0 && x < maps.width;
        pixels[dy][dx] =
            inside ? input + ((place.image * maps.height + y) * maps.width + x) * maps.channels : outside.data();
      }
    std::int64_t c = 0;
    for (; c + kLanes <= maps.channels; c += kLanes) transform_input<Lanes>(pixels, c, values, stride);
    for (; c < maps.channels; ++c) transform_input<float>(pixels, c, values, stride);
  }
}

VCL_INLINE void output_kernel(const TiledMaps& maps, std::int64_t begin, std::int64_t end, const float* products,
                              std::int64_t stride, const float* bias, float* output) {
  for (std::int64_t tile = begin; tile < end; ++tile, products += maps.channels) {
    const TilePlace place(maps, tile);
    const std::int64_t rows = std::min(kWinogradTile, maps.height - place.y),
                       columns = std::min(kWinogradTile, maps.width - place.x);
    float* const pixels = output + ((place.image * maps.height + place.y) * maps.width + place.x) * maps.channels;
    std::int64_t c = 0;
    for (; c + kLanes <= maps.channels; c += kLanes)
      transform_output<Lanes>(products, stride, bias, c, maps, rows, columns, pixels);
    for (; c < maps.channels; ++c) transform_output<float>(products, stride, bias, c, maps, rows, columns, pixels);
  }
}

}  // namespace

void winograd_input(const TiledMaps& maps, std::int64_t begin, std::int64_t end, const float* input, float* values,
                    std::int64_t stride, InstructionSet instructions) {
  run_compiled_for<input_kernel>(instructions, maps, begin, end, input, values, stride);
}

void winograd_output(const TiledMaps& maps, std::int64_t begin, std::int64_t end, const float* products,
                     std::int64_t stride, const float* bias, float* output, InstructionSet instructions) {
  run_compiled_for<output_kernel>(instructions, maps, begin, end, products, stride, bias, output);
}

}  // namespace vcl
