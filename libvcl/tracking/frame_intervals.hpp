// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>

namespace vcl {

/// Measures the usual interval between the frames of a stream, and decides which pauses are holes. Times are in
/// nanoseconds.
class FrameIntervals {
 public:
  void add(double interval) {
    const double before = usual_ > 0 ? usual_ : interval;
    usual_ = before + kShareOfNewest * (std::min(interval, kHoleIntervals * before) - before);
  }

  /// Returns the usual interval, 0 while it is unknown.
  double usual() const { return usual_; }

  /// Returns whether a pause is a hole: longer than a second and than three usual intervals.
  bool is_hole(double pause) const { return usual_ > 0 && pause > kLeastHole && pause > kHoleIntervals * usual_; }

 private:
  static constexpr double kLeastHole = 1e9, kHoleIntervals = 3;
  static constexpr double kShareOfNewest = 0.125;  // so that one long frame hardly changes the usual interval

  double usual_ = 0;
};

}  // namespace vcl
