// SPDX-License-Identifier: LGPL-2.1-or-later
// Properties of MaskCut on random graphs and grids.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "libvcl/engine/maskcut/bipartition.hpp"
#include "libvcl/engine/maskcut/maskcut.hpp"
#include "libvcl/engine/maskcut/ncut.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

at::Tensor random_features(int seed, std::int64_t channels, std::int64_t rows, std::int64_t columns) {
  at::manual_seed(seed);
  return at::randn({channels, rows, columns}) + 0.5;
}

// A photo of rectangles: every object has its own direction, the background another, all with noise.
at::Tensor rectangle_features(int rows, int columns, const std::vector<std::array<int, 4>>& boxes) {
  at::manual_seed(7);
  at::Tensor features = at::randn({16, rows, columns}) * 0.15;
  features[0] += 2;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto [y, x, height, width] = boxes[i];
    features[0].narrow(0, y, height).narrow(1, x, width) -= 2;
    features[int(i) + 1].narrow(0, y, height).narrow(1, x, width) += 2;
  }
  return features;
}

// The definition: cosine similarities above tau, one by one.
at::Tensor edges_by_definition(const at::Tensor& features, double tau) {
  const auto n = features.size(1);
  at::Tensor edges = at::zeros({n, n}, at::kBool);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      const at::Tensor a = features.select(1, i).to(at::kDouble), b = features.select(1, j).to(at::kDouble);
      const double lengths = (a.norm() * b.norm()).item<double>();
      edges[i][j] = lengths > 0 && a.dot(b).item<double>() / lengths > tau;
    }
  }
  return edges;
}

TEST(EdgeMatrix, MultipliesByWhatIsAlike) {
  for (const std::int64_t n : {2, 7, 8, 33, 150}) {
    at::Tensor features = random_features(int(n), 5, 1, n).flatten(1);
    features.select(1, n / 2).zero_();
    const at::Tensor edges = edges_by_definition(features, 0.3), x = at::randn({n}, at::kDouble);
    const at::Tensor product = EdgeMatrix(features, 0.3).times(x), expected = edges.to(at::kDouble).mv(x);
    EXPECT_LE((product - expected).abs().max().item<double>(), 1e-13 * double(n)) << n;  // rounding of n sums
  }
}

TEST(EdgeMatrix, IsTheSameAcrossTilesAndThreads) {  // 1,300 patches: three tiles of 512, the last one ragged
  const at::Tensor features = random_features(3, 12, 26, 50).flatten(1);
  const at::Tensor unit = features / features.norm(2, {0}, true), x = at::randn({1300}, at::kDouble);
  const at::Tensor gram = unit.t().to(at::kDouble).mm(unit.to(at::kDouble));
  const double tau = 0.2;
  ASSERT_GT((gram - tau).abs().min().item<double>(), 1e-8);  // no pair so close that rounding decides
  const at::Tensor expected = gram.gt(tau).to(at::kDouble).mv(x);
  const EdgeMatrix edges(features.to(at::kDouble), tau);
  at::set_num_threads(1);
  const at::Tensor alone = edges.times(x);
  at::set_num_threads(2);
  EXPECT_TRUE(at::equal(edges.times(x), alone));
  EXPECT_LE((alone - expected).abs().max().item<double>(), 1e-10);
}

// The definition, without the merged node: the residual of (D - A) x = lambda D x on the full matrix.
void expect_eigenpair(const at::Tensor& edges, const at::Tensor& painted, const NormalisedCut& cut) {
  at::Tensor allowed = edges.clone();
  allowed.index_put_({painted}, false);
  allowed.t().index_put_({painted}, false);
  const at::Tensor a = allowed.to(at::kDouble) * (1 - kFaintEdge) + kFaintEdge;
  const at::Tensor degree = a.sum(1);
  const at::Tensor residual = degree * cut.vector - a.mv(cut.vector) - cut.eigenvalue * degree * cut.vector;
  EXPECT_LE(residual.norm().item<double>(), 1e-9 * (degree * cut.vector).norm().item<double>());
  EXPECT_NEAR((cut.vector * degree * cut.vector).sum().item<double>(), 1, 1e-10);
  EXPECT_NEAR((cut.vector * degree).sum().item<double>(), 0, 1e-9);  // orthogonal to the trivial solution
  const at::Tensor scale = degree.rsqrt();
  const at::Tensor all = at::linalg_eigvalsh(scale.unsqueeze(1) * a * scale.unsqueeze(0));
  EXPECT_NEAR(cut.eigenvalue, 1 - all[all.numel() - 2].item<double>(), 1e-10);
}

TEST(NormalisedCut, SolvesTheFullProblemWithAnyPatchesPainted) {
  for (int seed = 0; seed < 20; ++seed) {
    const at::Tensor features = random_features(seed, 6, 7, 9).flatten(1);
    const at::Tensor painted = at::rand({63}) < 0.05 * seed;
    const NormalisedCut cut = normalised_cut(EdgeMatrix(features, 0.15), painted);
    ASSERT_TRUE(cut.vector.defined());
    expect_eigenpair(edges_by_definition(features, 0.15), painted, cut);
  }
}

TEST(NormalisedCut, HasNothingToCutWhenAllIsPainted) {
  const NormalisedCut cut = normalised_cut(EdgeMatrix(at::ones({3, 4}), 0.15), at::ones({4}, at::kBool));
  EXPECT_FALSE(cut.vector.defined());
}

TEST(Bipartition, AnswersTheSameForBothSignsUnlessPeakAndCornersDisagree) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  int conflicts = 0;
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<double> v(30), negated;
    for (double& value : v) value = normal(random);
    choose_sign(v, CutSign::Canonical);
    for (double value : v) negated.push_back(-value);
    const Bipartition one = bipartition(v, 6), other = bipartition(negated, 6);
    EXPECT_TRUE(one.foreground[one.seed]);
    EXPECT_TRUE(other.foreground[other.seed]);
    // Canonical: the side above the mean holds the peak, so only its corners can turn it over.
    EXPECT_EQ(one.reversed, one.corners >= 3);
    EXPECT_EQ(one.foreground == other.foreground, one.corners < 3);
    conflicts += one.corners >= 3;

    std::vector<double> back = negated;
    choose_sign(back, CutSign::Canonical);
    EXPECT_EQ(back, v);
    choose_sign(back, CutSign::Opposite);
    EXPECT_EQ(back, negated);
    choose_sign(back, CutSign::Raw);
    EXPECT_EQ(back, negated);
  }
  EXPECT_GT(conflicts, 0);
}

TEST(Component, KeepsWhatTouchesTheSeedBySides) {
  const PatchMask patches = {1, 1, 0, 1,   //
                             0, 1, 0, 1,   //
                             1, 0, 1, 0};  // a diagonal does not touch, nor does a row's end the next row's start
  EXPECT_EQ(component_of(patches, 4, 0), (PatchMask{1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(component_of(patches, 4, 7), (PatchMask{0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0}));
}

TEST(MaskCut, FindsEveryRectangleOnAnyGrid) {
  for (const auto& [rows, columns] : {std::pair(20, 20), std::pair(12, 31), std::pair(27, 14)}) {
    const std::vector<std::array<int, 4>> boxes = {{2, 2, 6, 5}, {rows - 7, columns - 6, 5, 4}};
    const auto steps = maskcut(rectangle_features(rows, columns, boxes), {.tau = 0.3, .masks = 2});
    int found = 0;
    for (const auto& [y, x, height, width] : boxes) {
      PatchMask expected(std::size_t(rows) * columns);
      for (int i = 0; i < rows * columns; ++i)
        expected[i] = i / columns >= y && i / columns < y + height && i % columns >= x && i % columns < x + width;
      for (const CutStep& step : steps) found += step.output == expected;
    }
    EXPECT_EQ(found, 2) << rows << "x" << columns;
  }
}

TEST(MaskCut, OutputsAreDisjointAndRepeatable) {
  for (int seed = 0; seed < 10; ++seed) {
    const at::Tensor features = random_features(seed, 5, 9, 11);
    const auto steps = maskcut(features, {.masks = 5});
    const std::vector<Mask> masks = cut_masks(steps, {11, 9}, {40, 23}),
                            again = cut_masks(maskcut(features, {.masks = 5}), {11, 9}, {40, 23});
    ASSERT_EQ(masks.size(), 5u);
    std::vector<int> covered(40 * 23);
    for (std::size_t i = 0; i < masks.size(); ++i) {
      EXPECT_EQ(masks[i].pixels, again[i].pixels);
      for (std::size_t p = 0; p < covered.size(); ++p) covered[p] += masks[i].pixels[p];
    }
    EXPECT_LE(*std::max_element(covered.begin(), covered.end()), 1);
  }
}

TEST(MaskCut, AutomaticNumberStopsWhereNoObjectIsLeft) {
  for (int objects = 1; objects <= 4; ++objects) {
    std::vector<std::array<int, 4>> boxes = {{2, 2, 6, 5}, {2, 15, 5, 7}, {14, 3, 6, 6}, {15, 16, 5, 4}};
    boxes.resize(objects);
    const at::Tensor features = rectangle_features(24, 26, boxes);
    const auto steps = maskcut(features, {.tau = 0.3, .masks = 20, .automatic = true});
    const auto all = maskcut(features, {.tau = 0.3, .masks = 20});
    EXPECT_EQ(steps.size(), std::size_t(objects));
    for (std::size_t i = 0; i < steps.size(); ++i) EXPECT_EQ(steps[i].output, all[i].output);
    EXPECT_LE(maskcut(features, {.tau = 0.3, .masks = 1, .automatic = true}).size(), 1u);
  }
  EXPECT_TRUE(maskcut(at::ones({4, 6, 6}), {.automatic = true}).empty());
}

TEST(CutMasks, SpreadEachPatchOverItsPixels) {
  CutStep step;
  step.output = {1, 0, 0,  //
                 0, 0, 1};
  EXPECT_EQ(cut_masks({step}, {3, 2}, {6, 2})[0].pixels, (PatchMask{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}));
  EXPECT_EQ(cut_masks({step}, {3, 2}, {3, 4})[0].pixels, (PatchMask{1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1}));
  EXPECT_EQ(cut_masks({step}, {3, 2}, {1, 1})[0].pixels, PatchMask{1});
  EXPECT_THROW(cut_masks({step}, {3, 3}, {6, 2}), Error);
  EXPECT_THROW(cut_masks({step}, {3, 2}, {0, 2}), Error);
}

TEST(MaskCut, SurvivesFeaturesWithoutStructure) {
  const auto equal = maskcut(at::ones({4, 6, 6}));
  EXPECT_TRUE(equal[0].degenerate);
  const auto zero = maskcut(at::zeros({4, 6, 6}));
  EXPECT_EQ(zero.size(), 3u);
  EXPECT_EQ(maskcut(random_features(1, 3, 1, 2), {.masks = 4}).size(), 4u);
}

TEST(MaskCut, RefusesWhatItCannotCut) {
  at::Tensor broken = at::ones({4, 6, 6});
  broken[1][2][3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(maskcut(broken), Error);
  EXPECT_THROW(maskcut(at::ones({4, 36})), Error);
  EXPECT_THROW(maskcut(at::ones({4, 1, 1})), Error);
  EXPECT_THROW(maskcut(at::ones({4, 6, 6}, at::kByte)), Error);
  for (double tau : {-0.1, 1.0, std::nan("")}) EXPECT_THROW(maskcut(at::ones({4, 6, 6}), {.tau = tau}), Error);
  for (int masks : {0, 65}) EXPECT_THROW(maskcut(at::ones({4, 6, 6}), {.masks = masks}), Error);
}

}  // namespace
}  // namespace vcl
