// SPDX-License-Identifier: LGPL-2.1-or-later
// Our kernel of deformable sampling against LibTorch's grid sampler, which the golden tests compare with the authors'.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "engine/nn/deformable_sampling.hpp"

namespace vcl {
namespace {

/// A random problem; `reach`: how far outside of [0, 1] samples fall.
struct Problem {
  std::vector<GridSize> levels;
  at::Tensor value, locations, weights;

  std::vector<at::Tensor> tensors() const { return {value, locations, weights}; }
};

Problem random_problem(std::int64_t heads, std::int64_t channels, std::int64_t points, double reach) {
  const auto between = [](std::int64_t low, std::int64_t high) {
    return at::randint(low, high + 1, {}).item<std::int64_t>();
  };
  Problem problem;
  std::int64_t cells = 0;
  const std::int64_t levels = between(1, 4), images = between(1, 3), queries = between(1, 70);
  for (std::int64_t l = 0; l < levels; ++l) {
    problem.levels.emplace_back(between(1, 13), between(1, 13));
    cells += problem.levels.back().first * problem.levels.back().second;
  }
  problem.value = at::randn({images, cells, heads, channels});
  std::vector<float> sides;
  for (const auto& [height, width] : problem.levels) sides.insert(sides.end(), {float(width), float(height)});
  const at::Tensor size = at::tensor(sides).view({1, 1, 1, levels, 1, 2});
  const at::Tensor anywhere = at::rand({images, queries, heads, levels, points, 2}) * (1 + 2 * reach) - reach;
  const at::Tensor cell = (anywhere * size - 0.5).floor();
  // Away from the borders of cells, where slopes jump and rounding decides which one counts.
  problem.locations = (cell + 0.5 + 0.01 + 0.98 * at::rand_like(anywhere)) / size;
  problem.weights = at::randn({images, queries, heads, levels, points});
  return problem;
}

void expect_near(const at::Tensor& got, const at::Tensor& expected, double tolerance, const char* what) {
  ASSERT_EQ(got.sizes(), expected.sizes()) << what;
  EXPECT_LE((got - expected).abs().max().item<double>(), tolerance * (1 + expected.abs().max().item<double>())) << what;
}

template <typename Check>
void over_many_problems(Check check) {
  at::manual_seed(7);
  struct Sizes {
    std::int64_t heads, channels, points;
  };
  for (const Sizes sizes :
       {Sizes{8, 32, 4}, {8, 32, 4}, {8, 8, 4}, {4, 16, 4}, {1, 1, 1}, {3, 5, 2}, {2, 47, 3}, {1, 64, 8}})
    for (const double reach : {0.0, 0.4, 3.0}) {
      SCOPED_TRACE(testing::Message() << sizes.heads << " heads of " << sizes.channels << ", reach " << reach);
      check(random_problem(sizes.heads, sizes.channels, sizes.points, reach));
    }
}

// Where a sample lies in its cell, both know to half a unit in the last place of up to 13 * 4 cells: 4e-6 of a value.
constexpr double kRounding = 2e-5;

TEST(DeformableSampling, IsTheGridSamplers) {
  over_many_problems([](const Problem& p) {
    expect_near(deformable_sample(p.value, p.levels, p.locations, p.weights),
                deformable_sample_by_grids(p.value, p.levels, p.locations, p.weights), kRounding, "output");
  });
}

TEST(DeformableSampling, ReadsTensorsThatDoNotLieInOrder) {
  at::manual_seed(8);
  const Problem p = random_problem(4, 16, 4, 0.2);
  const auto scattered = [](const at::Tensor& x) { return x.transpose(1, -1).contiguous().transpose(1, -1); };
  EXPECT_TRUE(at::equal(deformable_sample(scattered(p.value), p.levels, scattered(p.locations), scattered(p.weights)),
                        deformable_sample(p.value, p.levels, p.locations, p.weights)));
}

TEST(DeformableSampling, PlacesThatAreNoNumbersOrFarAwayCountAsOutside) {
  at::manual_seed(9);
  const Problem p = random_problem(2, 8, 2, 0);
  for (const double place : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e30, -1e30})
    EXPECT_EQ(
        deformable_sample(p.value, p.levels, at::full_like(p.locations, place), p.weights).abs().max().item<float>(), 0)
        << place;
}

/// Gradients of a random functional of the output over value, locations and weights.
std::vector<at::Tensor> gradients(const Problem& p, const at::Tensor& probe, decltype(&deformable_sample) sample) {
  std::vector<at::Tensor> inputs;
  for (const at::Tensor& x : p.tensors()) inputs.push_back(x.detach().to(probe.scalar_type()).requires_grad_());
  const at::Tensor loss = (sample(inputs[0], p.levels, inputs[1], inputs[2]) * probe).sum();
  return torch::autograd::grad({loss}, inputs);
}

at::Tensor probe_of(const Problem& p) {
  return at::randn({p.value.size(0), p.locations.size(1), p.value.size(2) * p.value.size(3)});
}

TEST(DeformableSampling, GradientsAreTheGridSamplers) {
  over_many_problems([](const Problem& p) {
    const at::Tensor probe = probe_of(p);
    const auto got = gradients(p, probe, deformable_sample), expected = gradients(p, probe, deformable_sample_by_grids);
    const char* names[] = {"value", "locations", "weights"};
    for (std::size_t i = 0; i < got.size(); ++i) expect_near(got[i], expected[i], kRounding, names[i]);
  });
}

/// Central differences of the reference in double: that the gradients which ours are compared with are right.
TEST(DeformableSampling, GridSamplersGradientsAreItsSlopes) {
  at::manual_seed(10);
  const Problem p = random_problem(2, 3, 2, 0.4);
  const at::Tensor probe = probe_of(p).to(at::kDouble);
  const auto expected = gradients(p, probe, deformable_sample_by_grids);
  constexpr double kStep = 1e-6;
  for (std::size_t which = 0; which < 3; ++which)
    for (int trial = 0; trial < 40; ++trial) {
      std::vector<at::Tensor> inputs;
      for (const at::Tensor& x : p.tensors()) inputs.push_back(x.to(at::kDouble));
      const std::int64_t at = at::randint(0, inputs[which].numel(), {}).item<std::int64_t>();
      const auto loss = [&](double change) {
        std::vector<at::Tensor> moved = inputs;
        moved[which] = moved[which].clone();
        moved[which].flatten()[at] += change;
        return (deformable_sample_by_grids(moved[0], p.levels, moved[1], moved[2]) * probe).sum().item<double>();
      };
      EXPECT_NEAR((loss(kStep) - loss(-kStep)) / (2 * kStep), expected[which].flatten()[at].item<double>(), 1e-6);
    }
}

TEST(DeformableSampling, SameBitsOnAnyNumberOfThreads) {
  at::manual_seed(11);
  const Problem p = [] {
    Problem big = random_problem(8, 32, 4, 0.2);
    big.levels = {{6, 10}, {12, 20}};
    big.value = at::randn({2, 300, 8, 32});
    big.locations = at::rand({2, 300, 8, 2, 4, 2});
    big.weights = at::rand({2, 300, 8, 2, 4});
    return big;
  }();
  const at::Tensor probe = probe_of(p);
  const int before = at::get_num_threads();
  std::vector<std::vector<at::Tensor>> runs;
  for (const int threads : {1, 2, 5}) {
    at::set_num_threads(threads);
    runs.push_back(gradients(p, probe, deformable_sample));
    runs.back().push_back(deformable_sample(p.value, p.levels, p.locations, p.weights));
  }
  at::set_num_threads(before);
  for (std::size_t run = 1; run < runs.size(); ++run)
    for (std::size_t i = 0; i < runs[0].size(); ++i) EXPECT_TRUE(at::equal(runs[run][i], runs[0][i])) << i;
}

}  // namespace
}  // namespace vcl
