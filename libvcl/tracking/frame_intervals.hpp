// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>

namespace vcl {

/// How far the frames of a stream usually lie apart, and which pauses between them are holes. Times are nanoseconds.
class FrameIntervals {
 public:
  void add(double interval) {
    const double before = usual_ > 0 ? usual_ : interval;
    usual_ = before + kShareOfNewest * (std::min(interval, kHoleIntervals * before) - before);
  }

  /// 0 as long as it is unknown.
  double usual() const { return usual_; }

  /// A hole is a pause of more than a second that is also more than three usual intervals.
  bool is_hole(double pause) const { return usual_ > 0 && pause > kLeastHole && pause > kHoleIntervals * usual_; }

 private:
  static constexpr double kLeastHole = 1e9, kHoleIntervals = 3;
  static constexpr double kShareOfNewest = 0.125;  // so that one long frame does not change what is usual

  double usual_ = 0;
};

}  // namespace vcl
