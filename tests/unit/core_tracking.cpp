// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/tracking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "core_random.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using Pairs = std::vector<std::pair<int, int>>;
using test::Rng;
using test::uniform;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Tries every matching, the preferred ones first, and keeps the first with the largest sum.
class Enumeration {
 public:
  Enumeration(const Similarity& similarity, double threshold)
      : similarity_(similarity), threshold_(threshold), taken_(similarity.cols) {
    visit(0, 0);
  }
  Pairs best;
  double best_sum = -1;

 private:
  void visit(int row, double sum) {
    if (row == similarity_.rows) {
      if (sum > best_sum) best = pairs_, best_sum = sum;
      return;
    }
    for (int col = 0; col < similarity_.cols; ++col) {
      const double value = similarity_.at(row, col);
      if (taken_[col] || !std::isfinite(value) || !(value >= threshold_) || value <= 0) continue;
      taken_[col] = true;
      pairs_.emplace_back(row, col);
      visit(row + 1, sum + value);
      pairs_.pop_back();
      taken_[col] = false;
    }
    visit(row + 1, sum);
  }

  const Similarity& similarity_;
  double threshold_;
  Pairs pairs_;
  std::vector<char> taken_;
};

Similarity random_matrix(Rng& rng, int rows, int cols, auto value) {
  Similarity matrix{rows, cols, std::vector<double>(std::size_t(rows) * cols)};
  for (double& entry : matrix.values) entry = value(rng);
  return matrix;
}

TEST(MatchTracks, IsThePreferredOptimumWithTies) {
  // Dyadic values: sums are exact, so that ties are ties.
  const std::array<double, 12> values{0, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 0.125, -0.5, NAN, kInfinity, -kInfinity};
  const std::array<double, 4> thresholds{0, 0.25, 0.5, -1};
  Rng rng(1);
  for (int trial = 0; trial < 3000; ++trial) {
    const int kinds = uniform(rng, 2, int(values.size()));  // few kinds: many ties
    const Similarity matrix = random_matrix(rng, uniform(rng, 0, 6), uniform(rng, 0, 6), [&](Rng& random) {
      return values[std::size_t(uniform(random, 0, kinds - 1))];
    });
    const double threshold = thresholds[std::size_t(uniform(rng, 0, 3))];
    EXPECT_EQ(match_tracks(matrix, threshold), Enumeration(matrix, threshold).best);
  }
}

TEST(MatchTracks, ReachesTheLargestSumOfRealValues) {
  Rng rng(2);
  for (int trial = 0; trial < 500; ++trial) {
    const Similarity matrix =
        random_matrix(rng, uniform(rng, 1, 6), uniform(rng, 1, 6), std::uniform_real_distribution<double>(0, 1));
    double sum = 0;
    for (const auto& [row, col] : match_tracks(matrix, 0.3)) sum += matrix.at(row, col);
    EXPECT_NEAR(sum, Enumeration(matrix, 0.3).best_sum, 1e-12);  // six additions
  }
}

TEST(MatchTracks, ManyEqualTracksMatchInOrder) {
  const int n = 60;
  const Similarity matrix{n, n, std::vector<double>(std::size_t(n) * n, 0.5)};
  Pairs expected;
  for (int i = 0; i < n; ++i) expected.emplace_back(i, i);
  EXPECT_EQ(match_tracks(matrix, 0.5), expected);
}

TEST(MatchTracks, RefusesValuesThatDoNotFitTheSize) {
  EXPECT_THROW(match_tracks({2, 2, {1, 2, 3}}, 0), Error);
  EXPECT_THROW(match_tracks({-1, -1, {1}}, 0), Error);
}

TEST(AssignMinCost, EqualsTheBestPermutation) {
  Rng rng(3);
  for (int trial = 0; trial < 1000; ++trial) {
    const int cols = uniform(rng, 1, 6), rows = uniform(rng, 0, cols);
    const double scale = std::pow(10.0, uniform(rng, -3, 6));
    const Similarity cost =
        random_matrix(rng, rows, cols, [&](Rng& random) { return scale * uniform(random, -20, 20); });
    std::vector<int> order(cols);
    std::iota(order.begin(), order.end(), 0);
    const auto total = [&](const std::vector<int>& columns) {
      double sum = 0;
      for (int row = 0; row < rows; ++row) sum += cost.at(row, columns[row]);
      return sum;
    };
    double best = kInfinity;
    do best = std::min(best, total(order));
    while (std::ranges::next_permutation(order).found);
    const std::vector<int> found = assign_min_cost(cost);
    ASSERT_EQ(found.size(), std::size_t(rows));
    EXPECT_EQ(std::set<int>(found.begin(), found.end()).size(), found.size());
    EXPECT_NEAR(total(found), best, 1e-12 * scale * 100);  // sums of at most 120 in units of the scale
  }
}

TEST(AssignMinCost, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(assign_min_cost({2, 1, {0, 0}}), Error);
  EXPECT_THROW(assign_min_cost({1, 2, {0, NAN}}), Error);
  EXPECT_THROW(assign_min_cost({1, 1, {kInfinity}}), Error);
  EXPECT_THROW(assign_min_cost({1, 2, {0}}), Error);
}

TEST(TrackIou, RefusesTracksOfDifferentLength) {
  const Rle mask = rle_encode(Mask(4, 4));
  EXPECT_THROW(track_iou(std::vector{mask}, std::vector{mask, mask}), Error);
  EXPECT_EQ(track_iou({}, {}), 0.0);
}

TEST(TrackJoiner, IdsAreNeverUsedTwice) {
  Rng rng(4);
  TrackJoiner joiner(0.5);
  std::set<std::uint64_t> known, previous;
  int rows = 0;
  for (int window = 0; window < 500; ++window) {
    if (uniform(rng, 0, 9) == 0) {
      joiner.end_all();
      previous.clear();
      rows = 0;
    }
    const int cols = uniform(rng, 0, 6);
    const auto ids = joiner.join(random_matrix(rng, rows, cols, std::uniform_real_distribution<double>(0, 1)));
    ASSERT_EQ(ids.size(), std::size_t(cols));
    for (const std::uint64_t id : ids) EXPECT_TRUE(previous.contains(id) || known.insert(id).second) << "id " << id;
    previous = {ids.begin(), ids.end()};
    EXPECT_EQ(previous.size(), ids.size());
    rows = cols;
  }
  EXPECT_EQ(*known.rbegin(), known.size()) << "no number is left out";
  EXPECT_THROW(joiner.join({rows + 1, 0, {}}), Error);
}

}  // namespace
}  // namespace vcl
