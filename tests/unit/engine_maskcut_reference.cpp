// SPDX-License-Identifier: LGPL-2.1-or-later
// The cuts against a dense solver and the method's text, on random scenes of every kind. What rounding in a solver may
// decide is not compared; how much is, and that every branch was taken, is.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "libvcl/engine/maskcut/maskcut.hpp"
#include "maskcut_reference.hpp"
#include "maskcut_scenes.hpp"

namespace vcl::test {
namespace {

// The product stops at a residual of 1e-12, and the dense solver's is some 1e-14 for 400 patches. An eigenvalue errs by
// at most the residual; y = D^1/2 x by the residual over the distance to the next eigenvalue, which below is 0, of the
// trivial solution: the product knows it, the dense solver does not.
constexpr double kResidual = 4e-12, kDenseResidual = 1e-14;
constexpr double kValueError = 4e-12;
constexpr double kNextError = 1e-7;  // the product's residual for the third eigenvalue is 1e-8

struct Tally {
  std::map<std::string, int> branches;
  int cuts = 0, compared = 0;
  void count(const std::string& branch, bool taken = true) { branches[branch] += taken; }
};

bool all_painted(const ReferenceCut& cut) {
  return std::ranges::all_of(cut.painting, [](bool painted) { return painted; });
}

double vector_error(const ReferenceCut& cut) {
  return kResidual / (cut.next_eigenvalue - cut.eigenvalue) + kDenseResidual / cut.eigenvalue;
}

/// How far each value of the eigenvector may be off.
std::vector<double> uncertainty(const ReferenceCut& cut) {
  const double error = vector_error(cut);
  std::vector<double> values;
  for (const double degree : cut.degree) values.push_back(error / std::sqrt(degree));
  return values;
}

bool split_is_decided(const ReferenceCut& cut, const std::vector<double>& error) {
  double mean_error = 0;
  for (const double e : error) mean_error += e / double(error.size());
  for (std::size_t i = 0; i < error.size(); ++i)
    if (std::abs(cut.vector[i] - cut.mean) <= error[i] + mean_error) return false;
  return true;
}

/// Patches that another solver may take for the peak: those within its slack of 1e-9, give or take the errors.
std::vector<int> possible_peaks(const ReferenceCut& cut, const std::vector<double>& error, int direction) {
  const auto height = [&](std::size_t i) {
    return direction == 0 ? std::abs(cut.vector[i]) : direction * cut.vector[i];
  };
  double largest = 0, peak = -1e300, at_peak = 0;
  for (std::size_t i = 0; i < error.size(); ++i) {
    largest = std::max(largest, std::abs(cut.vector[i]));
    if (height(i) > peak) peak = height(i), at_peak = error[i];
  }
  std::vector<int> possible;
  for (std::size_t i = 0; i < error.size(); ++i) {
    const double below = peak - height(i), doubt = 2 * (error[i] + at_peak);
    if (below > 1e-9 * largest + doubt) continue;
    possible.push_back(int(i));
    if (below < 1e-9 * largest - doubt) break;  // surely a tie, and the first of them is taken
  }
  return possible;
}

template <typename Values>
bool all_equal(const std::vector<int>& indices, const Values& values) {
  return std::ranges::all_of(indices, [&](int i) { return values[std::size_t(i)] == values[std::size_t(indices[0])]; });
}

void expect_vector(const CutStep& step, const ReferenceCut& cut) {
  double square = 0;
  for (std::size_t i = 0; i < cut.vector.size(); ++i)
    square += cut.degree[i] * std::pow(step.vector[i] - cut.vector[i], 2);
  EXPECT_LE(std::sqrt(square), vector_error(cut));
}

void expect_values(const CutStep& step, const ReferenceCut& cut, Tally& tally) {
  EXPECT_NEAR(step.eigenvalue, cut.eigenvalue, kValueError);
  // The product has one node for all painted patches, so not the solutions, of eigenvalue 1, among them alone.
  const bool many_painted = std::ranges::count(cut.painting, true) > 1;
  const double next = many_painted ? std::min(step.next_eigenvalue, 1.0) : step.next_eigenvalue;
  if (std::isinf(cut.next_eigenvalue))
    EXPECT_TRUE(std::isinf(next));
  else
    EXPECT_NEAR(next, cut.next_eigenvalue, kNextError);
  const double gap = (cut.next_eigenvalue - cut.eigenvalue) / cut.next_eigenvalue;
  if (gap < 1e-13) {
    EXPECT_TRUE(step.degenerate);
    tally.count("degenerate");
  }
  if (gap > 1e-6) {
    EXPECT_FALSE(step.degenerate);
  }
}

CutRejection rejection(const ReferenceCut& cut) {
  return cut.too_small ? CutRejection::Size : cut.repeated ? CutRejection::Repeat : CutRejection::None;
}

void expect_judgement(const CutStep& step, const ReferenceCut& cut, bool first) {
  EXPECT_EQ(step.component, cut.component);
  EXPECT_EQ(step.rejection, rejection(cut));
  EXPECT_EQ(step.accepted, cut.accepted);
  if (first) return;
  EXPECT_EQ(std::isnan(step.previous_iou), std::isnan(cut.previous_iou));
  if (!std::isnan(cut.previous_iou)) {
    EXPECT_EQ(float(step.previous_iou), cut.previous_iou);
  }
}

void count_branches(const ReferenceCut& cut, const ReferenceCut* previous, std::size_t peaks, Tally& tally) {
  const auto painted = std::ranges::count(cut.painting, true);
  const double left = 1 - double(painted) / double(cut.painting.size());
  tally.count("corner rule", cut.corners >= 3);
  tally.count("reversed for the peak", cut.reversed && cut.corners < 3);
  tally.count("neither reversed", !cut.reversed);
  tally.count("several peaks", peaks > 1 || cut.seed != cut.extreme);
  tally.count("foreground in parts", cut.component != cut.foreground);
  if (!previous) return;
  bool new_patch = false, old_patch = false;
  for (std::size_t i = 0; i < cut.painting.size(); ++i)
    if (cut.component[i]) (cut.painting[i] ? old_patch : new_patch) = true;
  tally.count("accepted later", !cut.too_small && !cut.repeated);
  tally.count("too small", cut.too_small);
  tally.count("repeated", cut.repeated);
  tally.count("accepted by repetition", previous->repeated && !cut.repeated && !cut.too_small);
  tally.count("accepted by repetition, with new patches", previous->repeated && !cut.repeated && new_patch);
  tally.count("same problem after a rejection", cut.painting == previous->painting);
  tally.count("nothing before to compare with", std::ranges::count(previous->accepted, 1) == 0);
  tally.count("exhausted", painted > 0 && cut.eigenvalue >= left - 1e-9);
  tally.count("only painted patches", !new_patch);
  tally.count("painted and new patches", new_patch && old_patch);
}

/// Whether the iteration was decided, so that the next one starts from the same painting in both.
bool compare(const CutStep& step, const ReferenceCut& cut, const ReferenceCut* previous, int columns, Tally& tally) {
  EXPECT_EQ(step.painting, PatchMask(cut.painting.begin(), cut.painting.end()));
  if (all_painted(cut)) {  // any vector would do; nothing can come of it
    EXPECT_DOUBLE_EQ(step.eigenvalue, 1);
    EXPECT_TRUE(step.vector.empty());
    tally.count("all painted");
    return true;
  }
  expect_values(step, cut, tally);
  const std::vector<double> error = uncertainty(cut);
  const auto extremes = possible_peaks(cut, error, 0);
  if (!split_is_decided(cut, error) || !all_equal(extremes, cut.above)) return false;
  expect_vector(step, cut);
  EXPECT_EQ(step.split.above, cut.above);
  EXPECT_EQ(step.split.corners, cut.corners);
  EXPECT_EQ(step.split.reversed, cut.reversed);
  EXPECT_EQ(step.split.foreground, cut.foreground);
  const auto peaks = possible_peaks(cut, error, cut.reversed ? -1 : 1);
  if (peaks.size() == 1) {
    EXPECT_EQ(step.split.seed, cut.seed);
  }
  if (!all_equal(peaks, connected_parts(cut.foreground, columns))) return false;
  expect_judgement(step, cut, previous == nullptr);
  count_branches(cut, previous, peaks.size(), tally);
  return true;
}

void compare_scene(const Scene& scene, CutSign sign, Size size, Tally& tally) {
  const Size grid{int(scene.features.size(2)), int(scene.features.size(1))};
  const auto expected = reference_maskcut(scene.features, scene.tau, scene.iterations, sign, size);
  const auto steps = maskcut(scene.features, {.tau = scene.tau, .masks = scene.iterations, .sign = sign});
  ASSERT_EQ(steps.size(), expected.size());
  const std::vector<Mask> masks = cut_masks(steps, grid, size);
  tally.cuts += scene.iterations;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE("iteration " + std::to_string(i));
    if (!compare(steps[i], expected[i], i ? &expected[i - 1] : nullptr, grid.width, tally)) break;
    const std::uint8_t* pixels = expected[i].output.const_data_ptr<std::uint8_t>();
    EXPECT_EQ(masks[i].pixels, std::vector<std::uint8_t>(pixels, pixels + expected[i].output.numel()));
    ++tally.compared;
  }
  tally.count("not square", grid.width != grid.height);
  tally.count("opposite sign", sign == CutSign::Opposite);
}

TEST(MaskCutReference, EveryBranchOnRandomScenes) {
  constexpr int kScenes = 20;  // of each kind
  at::set_num_threads(1);      // matrices so small that threads only wait for each other
  Tally tally;
  for (int kind = 0; kind < kSceneKinds; ++kind)
    for (int number = 0; number < kScenes; ++number) {
      const int seed = 1000 * kind + number;
      SCOPED_TRACE("kind " + std::to_string(kind) + ", seed " + std::to_string(seed));
      std::mt19937_64 random{std::uint64_t(seed)};
      const Scene scene = random_scene(SceneKind(kind), random);
      const int scale = 1 + number % 5;
      const Size size{int(scene.features.size(2)) * scale + number % 3, int(scene.features.size(1)) * scale};
      compare_scene(scene, number % 3 == 2 ? CutSign::Opposite : CutSign::Canonical, size, tally);
    }
  EXPECT_GE(tally.compared, tally.cuts / 2);
  for (const auto& [branch, times] : tally.branches) EXPECT_GE(times, 4) << branch;
  RecordProperty("cuts", tally.cuts);
  RecordProperty("compared", tally.compared);
}

}  // namespace
}  // namespace vcl::test
