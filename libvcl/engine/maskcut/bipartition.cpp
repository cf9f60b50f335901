// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/maskcut/bipartition.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vcl {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

double largest_magnitude(const std::vector<double>& values) {
  double largest = 0;
  for (double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

// Returns the first index whose value is the maximum, within the rounding errors of the solver.
template <typename Value>
int first_peak(const std::vector<double>& values, Value value) {
  double peak = value(values[0]);
  for (double v : values) peak = std::max(peak, value(v));
  const double slack = 1e-9 * largest_magnitude(values);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (value(values[i]) >= peak - slack) return int(i);
  return 0;
}

int most_extreme(const std::vector<double>& v) {
  return first_peak(v, [](double x) { return std::abs(x); });
}

}  // namespace

void choose_sign(std::vector<double>& vector, CutSign sign) {
  if (sign == CutSign::Raw) return;
  const bool peak_above = vector[most_extreme(vector)] > mean(vector);
  if (peak_above == (sign == CutSign::Canonical)) return;
  for (double& value : vector) value = -value;
}

Bipartition bipartition(const std::vector<double>& vector, int width) {
  const int count = int(vector.size());
  const double average = mean(vector);
  Bipartition cut;
  cut.above.resize(vector.size());
  std::transform(vector.begin(), vector.end(), cut.above.begin(), [&](double value) { return value > average; });
  for (int corner : {0, width - 1, count - width, count - 1}) cut.corners += cut.above[corner];
  cut.reversed = cut.corners >= 3 || !cut.above[most_extreme(vector)];
  cut.foreground = cut.above;
  if (cut.reversed)
    for (auto& patch : cut.foreground) patch = !patch;
  const double direction = cut.reversed ? -1 : 1;
  cut.seed = first_peak(vector, [&](double value) { return direction * value; });
  return cut;
}

PatchMask component_of(const PatchMask& patches, int width, int seed) {
  const int count = int(patches.size());
  PatchMask component(patches.size());
  std::vector<int> open;
  auto visit = [&](int patch) {
    if (!patches[patch] || component[patch]) return;
    component[patch] = 1;
    open.push_back(patch);
  };
  visit(seed);
  while (!open.empty()) {
    const int patch = open.back();
    open.pop_back();
    if (patch % width > 0) visit(patch - 1);
    if (patch % width < width - 1) visit(patch + 1);
    if (patch >= width) visit(patch - width);
    if (patch + width < count) visit(patch + width);
  }
  return component;
}

}  // namespace vcl
