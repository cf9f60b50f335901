// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace gstvcl {

/// Keeps the latest 1024 times for percentiles. Older ones no longer count, and memory does not grow.
class RecentTimes {
 public:
  static constexpr std::size_t kMost = 1024;

  void add(double time) {
    if (times_.size() < kMost)
      times_.push_back(time);
    else
      times_[oldest_] = time;
    oldest_ = (oldest_ + 1) % kMost;
  }

  /// Returns one percentile per share, 0 to 1: the smallest time that at least this share of the times does not exceed
  /// (nearest rank). 0 without times.
  template <std::size_t N>
  std::array<double, N> percentiles(const std::array<double, N>& shares) const {
    std::array<double, N> values = {};
    if (times_.empty()) return values;
    std::vector<double> sorted = times_;
    std::ranges::sort(sorted);
    for (std::size_t i = 0; i < N; ++i) {
      const auto rank = std::size_t(std::ceil(shares[i] * double(sorted.size())));
      values[i] = sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
    }
    return values;
  }

 private:
  std::vector<double> times_;
  std::size_t oldest_ = 0;  // index of the next time
};

}  // namespace gstvcl
