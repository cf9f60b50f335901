// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/report/curves.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace vcl::train {

std::vector<Curve> curves_of(const std::vector<nlohmann::json>& lines) {
  static const std::set<std::string> kNoCurves{"step", "seconds", "samples_per_second"};
  std::map<std::string, Curve> curves;
  for (const nlohmann::json& line : lines)
    for (const auto& [key, value] : line.items()) {
      if (kNoCurves.contains(key) || !value.is_number() || !std::isfinite(value.get<double>())) continue;
      Curve& curve = curves[key];
      curve.name = key;
      curve.smooth = line.contains("loss");
      curve.x.push_back(line["step"]);
      curve.y.push_back(value);
    }
  std::vector<Curve> list;
  for (auto& [name, curve] : curves) list.push_back(std::move(curve));
  std::ranges::stable_partition(list, [](const Curve& curve) { return curve.name == "loss"; });
  return list;
}

std::vector<double> running_mean(const std::vector<double>& values) {
  std::vector<double> means;
  const double keep = 1 - 1.0 / std::clamp(double(values.size()) / 30, 1.0, 50.0);
  double mean = 0, weight = 0;
  for (const double value : values) {
    mean = keep * mean + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    means.push_back(mean / weight);
  }
  return means;
}

CurveRange range_of(const Curve& curve) {
  std::vector<double> sorted = curve.y;
  std::ranges::sort(sorted);
  const double low = sorted.front(), high = sorted[std::size_t(std::lround(0.995 * double(sorted.size() - 1)))];
  const double flat = low == 0 ? 1 : std::abs(low);
  return {curve.x.front(), std::max(curve.x.back(), curve.x.front() + 1), low, high > low ? high : low + flat};
}

}  // namespace vcl::train
