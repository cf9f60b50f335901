// SPDX-License-Identifier: LGPL-2.1-or-later
#include "maskcut_reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace vcl::test {
namespace {

std::vector<double> doubles(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.to(at::kDouble).contiguous();
  return {plain.const_data_ptr<double>(), plain.const_data_ptr<double>() + plain.numel()};
}

// (D - A) x = lambda D x is the ordinary problem of D^-1/2 (D - A) D^-1/2 with y = D^1/2 x; a unit y is x^T D x = 1.
void solve(ReferenceCut& cut, const at::Tensor& affinity) {
  const at::Tensor degree = affinity.sum(1), scale = degree.rsqrt();
  const at::Tensor laplacian = (at::diag(degree) - affinity) * scale.unsqueeze(0) * scale.unsqueeze(1);
  const auto [values, vectors] = at::linalg_eigh((laplacian + laplacian.t()) / 2);
  cut.degree = doubles(degree);
  cut.eigenvalue = values[1].item<double>();
  cut.next_eigenvalue = values.numel() > 2 ? values[2].item<double>() : std::numeric_limits<double>::infinity();
  cut.vector = doubles(vectors.select(1, 1) * scale);
}

void choose_sign(ReferenceCut& cut, CutSign sign) {
  const auto average = [&] {
    return std::accumulate(cut.vector.begin(), cut.vector.end(), 0.0) / double(cut.vector.size());
  };
  const bool peak_above = cut.vector[std::size_t(reference_peak(cut.vector, 0))] > average();
  if (peak_above != (sign == CutSign::Canonical))
    for (double& value : cut.vector) value *= -1;
  cut.mean = average();
}

void orient(ReferenceCut& cut, int rows, int columns) {
  for (const double value : cut.vector) cut.above.push_back(value > cut.mean);
  for (const int row : {0, rows - 1})
    for (const int column : {0, columns - 1}) cut.corners += cut.above[std::size_t(row * columns + column)];
  cut.extreme = reference_peak(cut.vector, 0);
  cut.reversed = cut.corners >= 3 || cut.above[std::size_t(cut.extreme)] == 0;
  cut.foreground = cut.above;
  if (cut.reversed)
    for (auto& patch : cut.foreground) patch = 1 - patch;
  cut.seed = reference_peak(cut.vector, cut.reversed ? -1 : 1);
}

void keep_part_of_seed(ReferenceCut& cut, int columns) {
  const std::vector<int> parts = connected_parts(cut.foreground, columns);
  const int kept = parts[std::size_t(cut.seed)];
  for (const int part : parts) cut.component.push_back(part == kept && part != 0);
}

void judge(ReferenceCut& cut, const PatchMask& previous) {
  float inter = 0, all = 0, area = 0;
  for (std::size_t i = 0; i < previous.size(); ++i) {
    inter += float(previous[i] == 1 && cut.component[i] == 1);
    all += float(previous[i] == 1 || cut.component[i] == 1);
    area += float(cut.component[i]);
  }
  cut.previous_iou = inter / all;
  cut.repeated = cut.previous_iou > 0.5;
  cut.too_small = double(area) / double(previous.size()) <= 0.01;
}

}  // namespace

int reference_peak(const std::vector<double>& v, int direction) {
  const auto height = [&](double value) { return direction == 0 ? std::abs(value) : direction * value; };
  double largest = 0, peak = -std::numeric_limits<double>::infinity();
  for (const double value : v) largest = std::max(largest, std::abs(value)), peak = std::max(peak, height(value));
  const auto first = std::ranges::find_if(v, [&](double value) { return height(value) >= peak - 1e-9 * largest; });
  return int(first - v.begin());
}

std::vector<int> connected_parts(const PatchMask& patches, int width) {
  // Every patch starts as a part of its own; neighbours take the lower number until nothing changes.
  std::vector<int> parts(patches.size());
  for (std::size_t i = 0; i < patches.size(); ++i) parts[i] = patches[i] ? int(i) + 1 : 0;
  for (bool changed = true; changed;) {
    changed = false;
    const auto join = [&](std::size_t a, std::size_t b) {
      if (parts[a] == 0 || parts[b] == 0 || parts[a] == parts[b]) return;
      parts[a] = parts[b] = std::min(parts[a], parts[b]);
      changed = true;
    };
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if ((i + 1) % std::size_t(width) != 0) join(i, i + 1);
      if (i + std::size_t(width) < parts.size()) join(i, i + std::size_t(width));
    }
  }
  return parts;
}

at::Tensor reference_affinity(const at::Tensor& columns, double tau) {
  const at::Tensor f = columns.to(at::kDouble), unit = f / f.norm(2, {0}, true).clamp_min(1e-12);
  const at::Tensor alike = (unit.t().mm(unit) > tau).to(at::kDouble);
  return at::where(alike > 0, alike, 1e-5);
}

std::vector<ReferenceCut> reference_maskcut(const at::Tensor& features, double tau, int iterations, CutSign sign,
                                            Size size) {
  const int rows = int(features.size(1)), columns = int(features.size(2)), n = rows * columns;
  at::Tensor f = features.flatten(1).to(at::kDouble);
  std::vector<bool> painting(std::size_t(n), false);
  PatchMask current(std::size_t(n), 0);
  at::Tensor outputs = at::zeros({size.height, size.width});
  std::vector<ReferenceCut> cuts;
  for (int i = 0; i < iterations; ++i) {
    ReferenceCut cut;
    for (int j = 0; j < n; ++j) {
      if (current[std::size_t(j)]) painting[std::size_t(j)] = true;
      if (painting[std::size_t(j)]) f.select(1, j).zero_();
    }
    cut.painting = painting;
    solve(cut, reference_affinity(f, tau));
    choose_sign(cut, sign);
    orient(cut, rows, columns);
    keep_part_of_seed(cut, columns);
    if (i > 0) judge(cut, current);
    current = cut.too_small || cut.repeated ? PatchMask(std::size_t(n), 0) : cut.component;
    cut.accepted = current;
    const at::Tensor mask = at::tensor(std::vector<float>(current.begin(), current.end())).view({1, 1, rows, columns});
    const at::Tensor output = (at::upsample_nearest2d(mask, {size.height, size.width})[0][0] - outputs).clamp_min(0);
    outputs += output;
    cut.output = output.to(at::kByte);
    cuts.push_back(std::move(cut));
  }
  return cuts;
}

}  // namespace vcl::test
