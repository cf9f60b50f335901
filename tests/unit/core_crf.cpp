// SPDX-License-Identifier: LGPL-2.1-or-later
// What holds of the dense CRF for any image and mask; its numbers are the golden tests' business.
#include "vcl/crf.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <limits>

#include "crf_scenes.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using test::Photo;
using test::random_mask;
using test::random_masks;
using test::random_photo;
using test::Rng;
using test::uniform;

Mask complement(Mask mask) {
  for (std::uint8_t& pixel : mask.pixels) pixel = pixel == 0;
  return mask;
}

TEST(Crf, EvenMasksOfEvenImagesStay) {
  Rng rng(1);
  for (int round = 0; round < 20; ++round) {
    Photo photo = random_photo(rng, 30);
    std::ranges::fill(photo.rgb, std::uint8_t(uniform(rng, 0, 255)));
    const DenseCrf crf(photo.rgb, photo.size);
    Mask mask(photo.size.width, photo.size.height);
    for (const std::uint8_t value : {0, 1}) {
      std::ranges::fill(mask.pixels, value);
      EXPECT_EQ(crf.refine(mask).pixels, mask.pixels);
      const std::vector<float> foreground = crf.probabilities(std::span(&mask, 1)).at(0);
      for (const float p : foreground) EXPECT_EQ(p > 0.5f, value == 1);
      std::ranges::fill(mask.pixels, std::uint8_t(255 * value));
      EXPECT_TRUE(std::ranges::all_of(crf.refine(mask).pixels, [&](std::uint8_t pixel) { return pixel == value; }));
    }
  }
}

TEST(Crf, EmptyAndFullMasksStayWhateverTheImage) {
  Rng rng(2);
  for (int round = 0; round < 20; ++round) {
    const Photo photo = random_photo(rng, 30);
    const DenseCrf crf(photo.rgb, photo.size);
    const Mask empty(photo.size.width, photo.size.height);
    EXPECT_EQ(crf.refine(empty).pixels, empty.pixels);
    EXPECT_EQ(crf.refine(complement(empty)).pixels, complement(empty).pixels);
    // The long way gives what refine() does not compute.
    const auto all_below = [&](const Mask& mask, float sign) {
      return std::ranges::all_of(crf.probabilities(std::span(&mask, 1)).at(0),
                                 [&](float p) { return sign * (p - 0.5f) < 0; });
    };
    EXPECT_TRUE(all_below(empty, 1));
    EXPECT_TRUE(all_below(complement(empty), -1));
  }
}

TEST(Crf, SwappedLabelsGiveTheComplement) {
  Rng rng(3);
  for (int round = 0; round < 30; ++round) {
    const Photo photo = random_photo(rng, 40);
    const DenseCrf crf(photo.rgb, photo.size);
    const Mask mask = random_mask(rng, photo.size.width, photo.size.height), other = complement(mask);
    const std::vector<float> there = crf.probabilities(std::span(&mask, 1)).at(0);
    const std::vector<float> back = crf.probabilities(std::span(&other, 1)).at(0);
    for (std::size_t p = 0; p < there.size(); ++p)  // one rounding of 1/2 + z/2 each
      EXPECT_NEAR(there[p] + back[p], 1, std::numeric_limits<float>::epsilon());
    const Mask refined = crf.refine(mask), refined_other = crf.refine(other);
    for (std::size_t p = 0; p < there.size(); ++p) {
      if (there[p] != 0.5f) {
        EXPECT_NE(refined.pixels[p], refined_other.pixels[p]);
      }
    }
  }
}

TEST(Crf, NeitherThreadsNorOtherMasksChangeAnything) {
  Rng rng(4);
  for (int round = 0; round < 12; ++round) {
    const Photo photo = random_photo(rng, round == 0 ? 300 : 60);
    const std::vector<Mask> masks = random_masks(rng, photo.size, uniform(rng, 1, 6));
    const DenseCrf one(photo.rgb, photo.size);
    const std::vector<std::vector<float>> expected = one.probabilities(masks);
    for (const int threads : {2, 3, 7})
      EXPECT_EQ(DenseCrf(photo.rgb, photo.size, {}, threads).probabilities(masks), expected);
    const std::vector<Mask> refined = one.refine(masks);
    for (std::size_t m = 0; m < masks.size(); ++m) {
      EXPECT_EQ(one.probabilities(std::span(&masks[m], 1)).at(0), expected[m]);
      EXPECT_EQ(one.refine(masks[m]).pixels, refined[m].pixels);
    }
  }
}

TEST(Crf, FollowsTheEdgesOfTheImage) {
  Rng rng(5);
  for (int round = 0; round < 6; ++round) {
    const Size size{96, 80};
    Photo photo{size, {}};
    Mask truth(size.width, size.height), coarse(size.width, size.height);
    const double x0 = uniform(rng, 35, 60), y0 = uniform(rng, 30, 50), radius = uniform(rng, 18, 26);
    const auto inside = [&](double x, double y) { return std::hypot(x - x0, y - y0) < radius; };
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        truth.at(x, y) = inside(x, y);
        coarse.at(x, y) = inside(x / 8 * 8 + 3.5, y / 8 * 8 + 3.5);
        for (int c = 0; c < 3; ++c) photo.rgb.push_back(std::uint8_t((inside(x, y) ? 160 : 70) + uniform(rng, -3, 3)));
      }
    const Mask refined = refine_cuts(DenseCrf(photo.rgb, size), std::span(&coarse, 1)).at(0);
    EXPECT_GT(rle_iou(rle_encode(refined), rle_encode(truth)), 0.97);
    EXPECT_LT(rle_iou(rle_encode(coarse), rle_encode(truth)), 0.93);
  }
}

TEST(Crf, SoftEvidenceOfAMaskIsTheMask) {
  Rng rng(6);
  const float sure = 1 / (1 + std::exp(-1.0f));  // the softmax of 1 and 0
  for (int round = 0; round < 10; ++round) {
    const Photo photo = random_photo(rng, 30);
    const DenseCrf crf(photo.rgb, photo.size);
    const Mask mask = random_mask(rng, photo.size.width, photo.size.height);
    std::vector<float> evidence;
    for (const std::uint8_t pixel : mask.pixels) evidence.push_back(pixel ? sure : 1 - sure);
    const std::vector<float> soft = crf.probabilities(evidence), hard = crf.probabilities(std::span(&mask, 1)).at(0);
    // Biases differ by 1e-7; ten steps with weights 7 and 10 amplify that where a pixel is torn between its sides.
    for (std::size_t p = 0; p < soft.size(); ++p) EXPECT_NEAR(soft[p], hard[p], 1e-3);
  }
}

TEST(Crf, NoStepsGiveTheEvidence) {
  Rng rng(7);
  CrfSettings settings;
  settings.iterations = 0;
  const Photo photo = random_photo(rng, 50);
  std::vector<float> evidence(std::size_t(photo.size.width) * photo.size.height);
  for (float& p : evidence) p = float(uniform(rng, 0, 1000)) / 1000;
  const std::vector<float> found = DenseCrf(photo.rgb, photo.size, settings).probabilities(evidence);
  for (std::size_t p = 0; p < found.size(); ++p) EXPECT_NEAR(found[p], evidence[p], 1.1e-5);  // the clip
}

TEST(Crf, RefusesWhatIsNoImageOrMask) {
  const auto kind = [](const auto& call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_GT(std::string(error.what()).size(), 20u);
      return int(error.kind());
    }
    return -1;
  };
  const int invalid = int(ErrorKind::Invalid);
  std::vector<std::uint8_t> rgb(3 * 4 * 5, 9);
  const float nan = std::nanf("");
  EXPECT_EQ(kind([&] { DenseCrf({}, {0, 0}); }), invalid);
  EXPECT_EQ(kind([&] { DenseCrf(rgb, {-4, -5}); }), invalid);
  EXPECT_EQ(kind([&] { DenseCrf(rgb, {5, 5}); }), invalid);
  EXPECT_EQ(kind([&] { DenseCrf({}, {4, 5}); }), invalid);
  EXPECT_EQ(kind([&] { DenseCrf(rgb, {20000, 20000}); }), invalid);
  EXPECT_EQ(kind([&] { DenseCrf(rgb, {INT_MAX, INT_MAX}); }), invalid);
  for (const int threads : {-1, 0, 257}) EXPECT_EQ(kind([&] { DenseCrf(rgb, {4, 5}, {}, threads); }), invalid);
  for (float CrfSettings::*member :
       {&CrfSettings::position_deviation, &CrfSettings::appearance_deviation, &CrfSettings::color_deviation,
        &CrfSettings::position_weight, &CrfSettings::appearance_weight}) {
    for (const float value : {nan, -1.0f, std::numeric_limits<float>::infinity()}) {
      CrfSettings settings;
      settings.*member = value;
      EXPECT_EQ(kind([&] { DenseCrf(rgb, {4, 5}, settings); }), invalid);
    }
  }
  CrfSettings tiny;  // more cells than the keys number
  tiny.color_deviation = tiny.appearance_deviation = 0.001f;
  EXPECT_EQ(kind([&] { DenseCrf(rgb, {4, 5}, tiny); }), invalid);
  for (const int iterations : {-1, 1001}) {
    CrfSettings settings;
    settings.iterations = iterations;
    EXPECT_EQ(kind([&] { DenseCrf(rgb, {4, 5}, settings); }), invalid);
  }

  const DenseCrf crf(rgb, {4, 5});
  EXPECT_EQ(kind([&] { crf.refine(Mask(5, 4)); }), invalid);
  EXPECT_EQ(kind([&] { crf.refine(Mask()); }), invalid);
  Mask torn(4, 5);
  torn.pixels.pop_back();
  EXPECT_EQ(kind([&] { crf.refine(torn); }), invalid);
  EXPECT_EQ(kind([&] { crf.probabilities(std::span(&torn, 1)); }), invalid);
  EXPECT_EQ(kind([&] { refine_cuts(crf, std::span(&torn, 1)); }), invalid);
  EXPECT_EQ(kind([&] { fill_holes(torn); }), invalid);
  std::vector<float> evidence(20, 0.5f);
  EXPECT_EQ(crf.probabilities(evidence), evidence);
  EXPECT_EQ(kind([&] { crf.probabilities(std::span(evidence).first(19)); }), invalid);
  for (const float value : {nan, -0.1f, 1.1f}) {
    evidence[7] = value;
    EXPECT_EQ(kind([&] { crf.probabilities(evidence); }), invalid);
  }
  EXPECT_TRUE(crf.refine(std::span<const Mask>()).empty());
}

TEST(Crf, OnePixelKeepsItsLabel) {
  const std::vector<std::uint8_t> rgb{7, 200, 9};
  const DenseCrf crf(rgb, {1, 1}, {}, 4);
  for (const std::uint8_t value : {0, 1}) {
    Mask mask(1, 1);
    mask.pixels[0] = value;
    EXPECT_EQ(crf.refine(mask).pixels, mask.pixels);
  }
}

TEST(Crf, CutsThatDoNotSurviveAreEmpty) {
  // A lone pixel in an even image is outvoted.
  const Size size{40, 40};
  const std::vector<std::uint8_t> rgb(3 * 1600, 100);
  std::vector<Mask> cuts(2, Mask(size.width, size.height));
  cuts[0].at(20, 20) = 1;
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 40; ++x) cuts[1].at(x, y) = 1;
  const std::vector<Mask> refined = refine_cuts(DenseCrf(rgb, size), cuts);
  EXPECT_EQ(refined[0].pixels, Mask(size.width, size.height).pixels);
  EXPECT_EQ(refined[1].pixels, cuts[1].pixels);
}

TEST(FillHoles, IsAllThatTheBordersBackgroundDoesNotReach) {
  Rng rng(8);
  for (int round = 0; round < 300; ++round) {
    const Mask mask = random_mask(rng, uniform(rng, 0, 12), uniform(rng, 0, 12));
    // Background spreads from outside until nothing changes.
    Mask outside(mask.width + 2, mask.height + 2);
    outside.pixels.assign(outside.pixels.size(), 0);
    outside.at(0, 0) = 1;
    for (bool changed = true; changed;) {
      changed = false;
      for (int y = 0; y < outside.height; ++y)
        for (int x = 0; x < outside.width; ++x) {
          const bool inner = x > 0 && y > 0 && x <= mask.width && y <= mask.height;
          if (outside.at(x, y) || (inner && mask.at(x - 1, y - 1))) continue;
          const bool beside = (x > 0 && outside.at(x - 1, y)) || (x + 1 < outside.width && outside.at(x + 1, y)) ||
                              (y > 0 && outside.at(x, y - 1)) || (y + 1 < outside.height && outside.at(x, y + 1));
          if (beside) outside.at(x, y) = 1, changed = true;
        }
    }
    const Mask filled = fill_holes(mask);
    for (int y = 0; y < mask.height; ++y)
      for (int x = 0; x < mask.width; ++x) EXPECT_EQ(filled.at(x, y), !outside.at(x + 1, y + 1));
  }
}

}  // namespace
}  // namespace vcl
