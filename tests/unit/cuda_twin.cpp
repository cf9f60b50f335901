// SPDX-License-Identifier: LGPL-2.1-or-later
// The bodies of the CUDA kernels, run on the processor, against core's CRF: the same lattices, the same field. What a
// GPU makes of them is cuda_device.cpp's business.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "crf_scenes.hpp"
#include "cuda_twin.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using test::Photo;
using test::random_masks;
using test::random_photo;
using test::Rng;
using test::twin_field;
using test::uniform;

/// Same weights, same vertices under other numbers, same neighbours.
template <int D>
void expect_same(const FlatLattice<D>& flat, const PermutohedralLattice<D>& core) {
  ASSERT_EQ(flat.points, core.points());
  ASSERT_EQ(flat.vertices, core.vertices());
  std::vector<std::uint32_t> number(core.vertices() + 1, 0);  // core's number to the flat lattice's
  for (std::size_t p = 0; p < flat.points; ++p)
    for (int r = 0; r <= D; ++r) {
      const auto& expected = core.corners(p)[r];
      const auto& found = flat.corners.data()[p * flat.kCorners + std::size_t(r)];
      ASSERT_EQ(found.weight, expected.weight);
      std::uint32_t& same = number[expected.vertex];
      if (same == 0) same = found.vertex;
      ASSERT_EQ(found.vertex, same);
    }
  for (std::uint32_t v = 1; v <= flat.vertices; ++v) {
    const std::uint32_t w = number[v];
    for (int direction = 0; direction <= D; ++direction) {
      const auto& found = flat.neighbours.data()[std::size_t(direction) * (flat.vertices + 1) + w];
      const auto& expected = core.neighbours(direction)[v];
      ASSERT_EQ(found.before, number[expected.before]);
      ASSERT_EQ(found.after, number[expected.after]);
    }
    const std::uint32_t first = flat.piece_end.data()[w - 1], last = flat.piece_end.data()[w];
    const auto* member = core.members_begin(v);
    for (std::uint32_t piece = first; piece < last; ++piece) {
      const std::uint32_t begin = flat.piece_begin.data()[piece], end = flat.piece_begin.data()[piece + 1];
      ASSERT_TRUE(begin < end && end - begin <= flat.kPiece);
      for (std::uint32_t m = begin; m < end; ++m, ++member) {
        ASSERT_EQ(flat.members.data()[m].point, member->point);
        ASSERT_EQ(flat.members.data()[m].weight, member->weight);
      }
    }
    ASSERT_EQ(member, core.members_end(v));
  }
}

TEST(CudaTwin, BuildsTheLatticesOfCore) {
  Rng rng(21);
  ThreadTeam team(1);
  HostLoops loops;
  const CrfSettings settings;
  for (int round = 0; round < 20; ++round) {
    const Photo photo = random_photo(rng, round < 15 ? 30 : 150);
    const std::size_t width = std::size_t(photo.size.width), pixels = photo.rgb.size() / 3;
    expect_same(build_lattice<2>(loops, pixels, position_range(photo.size, settings.position_deviation),
                                 PositionFeatures{width, settings.position_deviation}),
                position_lattice(photo.size, settings.position_deviation, team));
    expect_same(
        build_lattice<5>(
            loops, pixels, appearance_range(photo.size, settings.appearance_deviation, settings.color_deviation),
            AppearanceFeatures{photo.rgb.data(), width, settings.appearance_deviation, settings.color_deviation}),
        appearance_lattice(photo.rgb.data(), photo.size, settings.appearance_deviation, settings.color_deviation,
                           team));
  }
}

// Sums of more than FlatLattice::kPiece members add up in another order, 1e-7 of their size; ten steps with weights 7
// and 10 amplify that where a pixel is torn between its sides. The bound is that of the golden tests.
TEST(CudaTwin, InfersTheFieldOfCore) {
  Rng rng(22);
  for (int round = 0; round < 30; ++round) {
    const Photo photo = random_photo(rng, round < 25 ? 40 : 160);
    const std::vector<Mask> masks = random_masks(rng, photo.size, uniform(rng, 1, 6));
    CrfSettings settings;
    settings.iterations = uniform(rng, 0, 10);
    const std::vector<float> field = twin_field(photo, masks, settings);
    const auto expected = DenseCrf(photo.rgb, photo.size, settings).probabilities(masks);
    float worst = 0;
    std::size_t at = 0;
    for (const std::vector<float>& mask : expected)
      for (const float probability : mask) worst = std::max(worst, std::abs(0.5f + 0.5f * field[at++] - probability));
    EXPECT_LE(worst, 1e-4f) << photo.size.width << "x" << photo.size.height;
  }
}

/// No vertex has so many members that their order could differ: every bit is core's.
TEST(CudaTwin, IsCoreToTheBitOnSmallImages) {
  Rng rng(23);
  for (int round = 0; round < 20; ++round) {
    Photo photo = random_photo(rng, 8);
    const std::vector<Mask> masks = random_masks(rng, photo.size, 5);
    const std::vector<float> field = twin_field(photo, masks);
    std::size_t at = 0;
    for (const std::vector<float>& mask : DenseCrf(photo.rgb, photo.size).probabilities(masks))
      for (const float probability : mask) ASSERT_EQ(0.5f + 0.5f * field[at++], probability);
  }
}

TEST(CudaTwin, OtherSettingsAreFollowed) {
  Rng rng(24);
  const Photo photo = random_photo(rng, 50);
  const std::vector<Mask> masks = random_masks(rng, photo.size, 2);
  for (float CrfSettings::*member :
       {&CrfSettings::position_deviation, &CrfSettings::appearance_deviation, &CrfSettings::color_deviation,
        &CrfSettings::position_weight, &CrfSettings::appearance_weight}) {
    CrfSettings settings;
    settings.*member *= 1.7f;
    const std::vector<float> field = twin_field(photo, masks, settings);
    std::size_t at = 0;
    for (const std::vector<float>& mask : DenseCrf(photo.rgb, photo.size, settings).probabilities(masks))
      for (const float probability : mask) ASSERT_NEAR(0.5f + 0.5f * field[at++], probability, 1e-4);
  }
}

TEST(CudaTwin, RefusesImagesThatSpanTooManyDeviations) {
  CrfSettings tiny;
  tiny.color_deviation = tiny.appearance_deviation = 0.001f;
  Rng rng(25);
  const Photo photo = random_photo(rng, 20);
  EXPECT_THROW(twin_field(photo, random_masks(rng, photo.size, 1), tiny), Error);
}

}  // namespace
}  // namespace vcl
