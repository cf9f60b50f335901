// SPDX-License-Identifier: LGPL-2.1-or-later
// tests/golden/data/crf: probabilities to 1e-4, filtered values to 1e-5 relative (float32 sums in another order), masks
// exactly but for pixels whose probability lies within 1e-3 of 1/2.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include "golden_files.hpp"
#include "libvcl/crf/crf_lattices.hpp"
#include "libvcl/crf/lattice_filter.hpp"
#include "picture.hpp"
#include "vcl/crf.hpp"
#include "vcl/safetensors.hpp"

namespace vcl {
namespace {

using nlohmann::json;

constexpr float kProbability = 1e-4f, kFiltered = 1e-5f, kUndecided = 1e-3f;

std::vector<float> floats(const TensorView& tensor) {
  EXPECT_EQ(tensor.dtype, DType::F32);
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

std::span<const std::uint8_t> bytes(const TensorView& tensor) {
  EXPECT_EQ(tensor.dtype, DType::U8);
  return {reinterpret_cast<const std::uint8_t*>(tensor.bytes.data()), tensor.bytes.size()};
}

Mask mask_of(std::span<const std::uint8_t> pixels, Size size) {
  Mask mask(size.width, size.height);
  EXPECT_EQ(pixels.size(), mask.pixels.size());
  std::ranges::transform(pixels, mask.pixels.begin(), [](std::uint8_t pixel) { return pixel != 0; });
  return mask;
}

Mask mask_of_bits(std::span<const std::uint8_t> packed, Size size) {
  Mask mask(size.width, size.height);
  EXPECT_EQ(packed.size(), (mask.pixels.size() + 7) / 8);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) mask.pixels[i] = packed[i / 8] >> (7 - i % 8) & 1;
  return mask;
}

std::ptrdiff_t area(const Mask& mask) {
  return std::ranges::count_if(mask.pixels, [](std::uint8_t pixel) { return pixel != 0; });
}

/// What a case expects of one mask; what a file does not hold is not asked for.
struct Expected {
  Mask mask, map, last;
  std::optional<Mask> filled;
  std::vector<float> foreground;  ///< after all steps, at rows and columns 0, every, 2 every, ...
  int every = 1;
  float iou = 0;  ///< NaN: both empty
};

float worst_probability(const std::vector<float>& found, const Expected& expected) {
  std::size_t next = 0;
  float worst = 0;
  for (int y = 0; y < expected.mask.height; y += expected.every)
    for (int x = 0; x < expected.mask.width; x += expected.every)
      worst =
          std::max(worst, std::abs(found[std::size_t(y) * expected.mask.width + x] - expected.foreground.at(next++)));
  EXPECT_EQ(next, expected.foreground.size());
  return worst;
}

void expect_refined(const DenseCrf& crf, const Expected& expected) {
  const std::vector<float> found = crf.probabilities(std::span(&expected.mask, 1)).at(0);
  const float worst = worst_probability(found, expected);
  EXPECT_LE(worst, kProbability);

  Mask map = crf.refine(expected.mask);
  bool undecided = false;
  for (std::size_t p = 0; p < map.pixels.size(); ++p) {
    EXPECT_EQ(map.pixels[p], found[p] > 0.5f);
    if (map.pixels[p] == expected.map.pixels[p] || std::abs(found[p] - 0.5f) >= kUndecided) continue;
    map.pixels[p] = expected.map.pixels[p];
    undecided = true;
  }
  EXPECT_EQ(map.pixels, expected.map.pixels);
  const Mask filled = fill_holes(map);
  if (expected.filled) {
    EXPECT_EQ(filled.pixels, expected.filled->pixels);
  }

  const double iou = rle_iou(rle_encode(expected.mask), rle_encode(filled));
  if (area(expected.mask) + area(filled) == 0) {
    EXPECT_TRUE(std::isnan(expected.iou));
  } else {
    EXPECT_NEAR(iou, expected.iou, 1e-6);
  }
  // An undecided pixel may go either way in a whole refinement; the rest is exact.
  if (!undecided) {
    EXPECT_EQ(refine_cuts(crf, std::span(&expected.mask, 1)).at(0).pixels, expected.last.pixels);
  }
}

/// Size, areas and IoU that cases.json lists beside the tensors.
void expect_listed(const json& entry, const Expected& expected) {
  if (entry.contains("shape")) {
    EXPECT_EQ(entry.at("shape"), (json{expected.mask.height, expected.mask.width}));
  }
  EXPECT_EQ(area(expected.mask), entry.at("mask_px").get<std::ptrdiff_t>());
  EXPECT_EQ(area(expected.map), entry.at("map_px").get<std::ptrdiff_t>());
  EXPECT_EQ(area(expected.last), entry.at("final_px").get<std::ptrdiff_t>());
  if (expected.filled) {
    EXPECT_EQ(area(*expected.filled), entry.at("filled_px").get<std::ptrdiff_t>());
  }
}

/// The tensor `before`<number>`after`, and the number.
std::pair<const TensorView*, int> numbered(const SafetensorsFile& file, const std::string& before) {
  for (const auto& [name, tensor] : file.tensors())
    if (name.starts_with(before)) return {&tensor, std::stoi(name.substr(before.size()))};
  throw std::runtime_error("no tensor " + before + "*");
}

/// A case of a file of many: "<name>.mask_bits" and so on, the image a tensor that cases.json names.
void run_packed(const std::string& name, const json& entry, const SafetensorsFile& file) {
  const TensorView& size_hw = file.at(name + ".size_hw");
  std::int64_t sides[2];
  ASSERT_EQ(size_hw.bytes.size(), sizeof sides);
  std::memcpy(sides, size_hw.bytes.data(), sizeof sides);
  const Size size{int(sides[1]), int(sides[0])};
  const auto bits = [&](const char* what) { return mask_of_bits(bytes(file.at(name + "." + what)), size); };
  const auto [foreground, every] = numbered(file, name + ".Q10_fg_every");
  const Expected expected{bits("mask_bits"),
                          bits("map_bits"),
                          bits("final_bits"),
                          bits("filled_bits"),
                          floats(*foreground),
                          every,
                          floats(file.at(name + ".iou")).at(0)};
  expect_listed(entry, expected);
  expect_refined(DenseCrf(bytes(file.at(entry.at("image_tensor"))), size), expected);
}

/// Un-normalised filter of two channels, as the file holds it.
template <int D>
std::vector<float> filtered(const PermutohedralLattice<D>& lattice, const std::vector<float>& values) {
  ThreadTeam team(1);
  VertexValues<1> vertices(lattice.vertices());
  std::vector<float> out;
  for (std::size_t from = 0; from < values.size(); from += lattice.points()) {
    splat<1>(lattice, values.data() + from, vertices, team);
    blur<1>(lattice, vertices, team);
    for (std::size_t p = 0; p < lattice.points(); ++p)
      out.push_back(lattice.kAlpha * slice<1>(lattice, vertices.current.data(), p));
  }
  return out;
}

void expect_close(const std::vector<float>& found, const std::vector<float>& expected, float relative) {
  ASSERT_EQ(found.size(), expected.size());
  float worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    worst = std::max(worst, std::abs(found[i] - expected[i]) / std::max(std::abs(expected[i]), 1e-3f));
  EXPECT_LE(worst, relative);
}

template <int D>
void expect_kernel(PermutohedralLattice<D> lattice, const SafetensorsFile& file, const std::string& suffix) {
  SCOPED_TRACE("kernel" + suffix);
  ThreadTeam team(1);
  const std::size_t points = lattice.points();
  expect_close(filtered(lattice, std::vector<float>(points, 1)), floats(file.at("L1" + suffix)), kFiltered);
  const TensorView& impulses = file.at("Limpulse" + suffix);
  std::vector<float> impulse(2 * points);
  impulse[std::size_t(impulses.shape[1] / 2 * impulses.shape[2] + impulses.shape[2] / 2)] = 1;
  impulse[points] = 1;
  expect_close(filtered(lattice, impulse), floats(impulses), kFiltered);
  normalise(lattice, team);
  expect_close(filtered(lattice, floats(file.at("Q0"))), floats(file.at("KnQ0" + suffix)), kFiltered);
}

/// The second half of a tensor [2, h, w]: the foreground.
std::vector<float> foreground(const TensorView& tensor) {
  const std::vector<float> both = floats(tensor);
  return {both.begin() + std::ptrdiff_t(both.size() / 2), both.end()};
}

/// A case with a file of its own that records every step.
void run_stepwise(const json& entry, const SafetensorsFile& file) {
  const auto& shape = file.at("image").shape;
  const Size size{int(shape.at(1)), int(shape.at(0))};
  const auto image = bytes(file.at("image"));
  const auto mask = [&](const char* name) { return mask_of(bytes(file.at(name)), size); };
  const CrfSettings paper;
  ThreadTeam team(1);
  expect_kernel(position_lattice(size, paper.position_deviation, team), file, "_g");
  expect_kernel(appearance_lattice(image.data(), size, paper.appearance_deviation, paper.color_deviation, team), file,
                "_b");

  Expected expected{mask("mask"), mask("map"), mask("final"), mask("filled"), {}, 1, floats(file.at("iou")).at(0)};
  expect_listed(entry, expected);
  int recorded = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    if (name.size() < 2 || name[0] != 'Q' || !std::isdigit(static_cast<unsigned char>(name[1]))) continue;
    SCOPED_TRACE(name);
    CrfSettings settings;
    settings.iterations = std::stoi(name.substr(1));
    expected.foreground = foreground(tensor);
    const DenseCrf crf(image, size, settings);
    EXPECT_LE(worst_probability(crf.probabilities(std::span(&expected.mask, 1)).at(0), expected), kProbability);
    if (settings.iterations == paper.iterations) expect_refined(crf, expected), ++recorded;
  }
  EXPECT_EQ(recorded, 1);
}

std::uint32_t crc32(std::span<const std::uint8_t> data) {
  std::uint32_t crc = ~0u;
  for (const std::uint8_t byte : data) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

/// Masks number `k` of a PNG beside the file: "mask<k>_grid<cells>", each cell a square of pixels.
void run_picture(const std::string& number, const json& entry, const json& picture, const std::string& stem) {
  const auto [size, rgb] = golden::read_rgb(stem + ".png");
  ASSERT_EQ(crc32(rgb), picture.at("crc32_rgb").get<std::uint32_t>());

  const SafetensorsFile file(stem + ".safetensors");
  const auto bits = [&, size = size](const std::string& what) { return mask_of_bits(bytes(file.at(what)), size); };
  const auto [grid, cells] = numbered(file, "mask" + number + "_grid");
  const auto [foreground, every] = numbered(file, "Q10_fg" + number + "_every");
  Expected expected{Mask(size.width, size.height),
                    bits("map" + number + "_bits"),
                    bits("final" + number + "_bits"),
                    {},
                    floats(*foreground),
                    every,
                    floats(file.at("iou" + number)).at(0)};
  ASSERT_EQ(grid->shape, (std::vector<std::int64_t>{cells, cells}));
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      expected.mask.at(x, y) = bytes(*grid)[std::size_t(y * cells / size.height * cells + x * cells / size.width)];
  expect_listed(entry, expected);
  expect_refined(DenseCrf(rgb, size), expected);
}

/// The file of the folder that holds a tensor of this name.
std::string file_with(const std::string& folder, const std::string& tensor) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    if (SafetensorsFile(entry.path().string()).tensors().contains(tensor)) return entry.path().string();
  }
  throw std::runtime_error("no file of " + folder + " holds " + tensor);
}

TEST(GoldenCrf, Cases) {
  VCL_GOLDEN_FOLDER(folder, "crf");
  const json cases = golden::read_json(folder + "/cases.json");
  ASSERT_FALSE(cases.empty());
  for (const auto& [name, entry] : cases.items()) {
    SCOPED_TRACE(name);
    if (entry.contains("crc32_rgb")) continue;  // a picture, which its cases name by their file
    if (entry.contains("image_tensor")) {
      run_packed(name, entry, SafetensorsFile(file_with(folder, name + ".size_hw")));
    } else if (entry.contains("shape")) {
      run_stepwise(entry, SafetensorsFile(folder + "/" + name + ".safetensors"));
    } else {
      const std::string number = name.substr(name.find_last_not_of("0123456789") + 1);
      const std::filesystem::path path = file_with(folder, "map" + number + "_bits");
      const std::string stem = path.stem().string();
      run_picture(number, entry, cases.at(stem + "_image"), folder + "/" + stem);
    }
  }
}

}  // namespace
}  // namespace vcl
