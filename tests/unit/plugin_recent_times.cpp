// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "plugins/timing/recent_times.hpp"

namespace gstvcl {
namespace {

TEST(RecentTimes, PercentilesAreNearestRanks) {
  RecentTimes times;
  EXPECT_EQ(times.percentiles(std::array{0.5, 0.99}), (std::array{0.0, 0.0}));
  times.add(7);
  EXPECT_EQ(times.percentiles(std::array{0.0, 0.5, 1.0}), (std::array{7.0, 7.0, 7.0}));
  for (int i = 100; i > 0; --i) times.add(1000 + i);  // 101 in all, 7 the least
  EXPECT_EQ(times.percentiles(std::array{0.0, 0.5, 0.95, 0.99, 1.0}),
            (std::array{7.0, 1050.0, 1095.0, 1099.0, 1100.0}));
}

// Against the plain definition on the latest values, for any number of them.
TEST(RecentTimes, OnlyTheLatestCount) {
  std::mt19937 random(3);
  std::vector<double> all;
  RecentTimes times;
  for (int n = 1; n <= 4000; ++n) {
    all.push_back(double(random() % 500));
    times.add(all.back());
    if (n % 97 != 0 && n != 1024 && n != 1025) continue;
    const std::size_t kept = std::min(all.size(), RecentTimes::kMost);
    const std::vector<double> latest(all.end() - std::ptrdiff_t(kept), all.end());
    for (const double share : {0.1, 0.5, 0.95, 0.99}) {
      const double value = times.percentiles(std::array{share})[0];
      const auto below = [&](double limit) {
        return double(std::ranges::count_if(latest, [&](double t) { return t <= limit; }));
      };
      EXPECT_GE(below(value), share * double(kept)) << n;
      EXPECT_LT(below(value - 1), share * double(kept)) << n;
    }
  }
}

}  // namespace
}  // namespace gstvcl
