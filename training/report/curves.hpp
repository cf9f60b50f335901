// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vcl::train {

/// A curve of a plot. If `smooth` is set, a running mean is drawn over faint points.
struct Curve {
  std::string name;
  std::vector<double> x, y;
  bool smooth = false;
};

/// Returns a curve over "step" for each number in the lines of a log: the loss first, the others sorted by name. Values
/// that are not finite are left out.
std::vector<Curve> curves_of(const std::vector<nlohmann::json>& lines);

/// Returns the running mean over a thirtieth of the values, at most 50.
std::vector<double> running_mean(const std::vector<double>& values);

/// The range that a plot of the curve shows. It cuts off the highest half percent of the values: a few outliers would
/// hide the rest. It is not empty.
struct CurveRange {
  double left, right, bottom, top;
};
CurveRange range_of(const Curve& curve);

}  // namespace vcl::train
