// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/maskcut/maskcut.hpp"

#include <algorithm>
#include <numeric>

#include "libvcl/engine/maskcut/bipartition.hpp"
#include "libvcl/engine/maskcut/ncut.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

int area(const PatchMask& mask) {
  return std::accumulate(mask.begin(), mask.end(), 0);
}

PatchMask without(PatchMask mask, const PatchMask& other) {
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = mask[i] && !other[i];
  return mask;
}

PatchMask united(PatchMask mask, const PatchMask& other) {
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = mask[i] || other[i];
  return mask;
}

// Divides in single precision like the original, so that a borderline 0.5 falls on the same side. NaN if both are
// empty.
float overlap(const PatchMask& a, const PatchMask& b) {
  const int all = area(united(a, b));
  return float(area(a) + area(b) - all) / float(all);
}

void solve(CutStep& step, const EdgeMatrix& edges, at::Device device, int width, CutSign sign) {
  const at::Tensor painted = at::tensor(std::vector<int>(step.painting.begin(), step.painting.end())).to(at::kBool);
  const NormalisedCut cut = normalised_cut(edges, painted.to(device));
  step.eigenvalue = cut.eigenvalue;
  step.next_eigenvalue = cut.next_eigenvalue;
  step.degenerate = cut.degenerate();
  step.component.assign(step.painting.size(), 0);
  if (!cut.vector.defined()) return;
  const at::Tensor vector = cut.vector.cpu().contiguous();
  step.vector.assign(vector.const_data_ptr<double>(), vector.const_data_ptr<double>() + vector.numel());
  choose_sign(step.vector, sign);
  step.split = bipartition(step.vector, width);
  step.component = component_of(step.split.foreground, width, step.split.seed);
}

void judge(CutStep& step, const CutStep* previous) {
  step.rejection = CutRejection::None;
  step.accepted = step.component;
  if (!previous) return;
  step.previous_iou = overlap(previous->accepted, step.component);
  const double share = area(step.component) / double(step.component.size());
  if (share <= 0.01)
    step.rejection = CutRejection::Size;
  else if (step.previous_iou > 0.5)
    step.rejection = CutRejection::Repeat;
  if (step.rejection != CutRejection::None) step.accepted.assign(step.component.size(), 0);
}

void check(const at::Tensor& features, const MaskCutOptions& options) {
  if (features.dim() != 3 || features.size(0) < 1 || features.size(1) * features.size(2) < 2)
    throw Error(ErrorKind::Invalid, "MaskCut needs features [C, rows, columns] of at least two patches");
  if (!features.is_floating_point() || !at::isfinite(features).all().item<bool>())
    throw Error(ErrorKind::Invalid, "MaskCut needs features that are finite floating-point numbers");
  if (!(options.tau >= 0 && options.tau < 1)) throw Error(ErrorKind::Invalid, "MaskCut's tau must be in [0, 1)");
  if (options.masks < 1 || options.masks > kMaxCuts)
    throw Error(ErrorKind::Invalid, "MaskCut's number of masks must be in 1.." + std::to_string(kMaxCuts));
}

/// Returns whether the cut shows that no object is left (MaskCutOptions::automatic).
bool finds_nothing(const CutStep& step) {
  const double left = 1 - area(step.painting) / double(step.painting.size());
  return step.degenerate || step.eigenvalue >= left || area(step.output) == 0;
}

}  // namespace

std::vector<CutStep> maskcut(const at::Tensor& features, const MaskCutOptions& options) {
  check(features, options);
  const int width = int(features.size(2));
  const EdgeMatrix edges(features.flatten(1), options.tau);

  std::vector<CutStep> steps;
  PatchMask covered(std::size_t(edges.patches()));
  for (int i = 0; i < options.masks; ++i) {
    const CutStep* previous = steps.empty() ? nullptr : &steps.back();
    CutStep step;
    step.painting = previous ? united(previous->painting, previous->accepted) : covered;
    if (previous && step.painting == previous->painting)
      step = *previous;  // nothing new was painted: the same problem has the same solution
    else
      solve(step, edges, features.device(), width, options.sign);
    judge(step, previous);
    step.output = without(step.accepted, covered);
    if (options.automatic && finds_nothing(step)) break;
    covered = united(covered, step.output);
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace vcl
