// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vcl::train {

/// A curve of a plot; `smooth`: a running mean is drawn over faint points.
struct Curve {
  std::string name;
  std::vector<double> x, y;
  bool smooth = false;
};

/// A curve over "step" for each number in the lines of a log: the loss, then by name. What is not finite is left out.
std::vector<Curve> curves_of(const std::vector<nlohmann::json>& lines);

/// Over a thirtieth of the values, at most 50.
std::vector<double> running_mean(const std::vector<double>& values);

/// What a plot of the curve shows, with room for everything but the highest half percent: a few wild steps hide the
/// rest otherwise. Not empty.
struct CurveRange {
  double left, right, bottom, top;
};
CurveRange range_of(const Curve& curve);

}  // namespace vcl::train
