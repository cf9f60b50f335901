// SPDX-License-Identifier: LGPL-2.1-or-later
// Our kernel of deformable sampling against LibTorch's grid sampler, which the golden tests compare with the authors'.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "deformable_problem.hpp"

namespace vcl {
namespace {

using test::expect_near;
using test::gradients;
using test::over_many_problems;
using test::probe_of;
using test::Problem;
using test::random_problem;
using test::SamplingTwin;

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

TEST(DeformableSampling, GradientsAreTheGridSamplers) {
  over_many_problems([](const Problem& p) {
    const at::Tensor probe = probe_of(p);
    const auto got = gradients(p, probe, deformable_sample), expected = gradients(p, probe, deformable_sample_by_grids);
    const char* names[] = {"value", "locations", "weights"};
    for (std::size_t i = 0; i < got.size(); ++i) expect_near(got[i], expected[i], kRounding, names[i]);
  });
}

TEST(DeformableSampling, TheCudaKernelsTwinIsTheProcessors) {
  over_many_problems([](const Problem& p) {
    const SamplingTwin twin(p);
    expect_near(twin.outputs(), deformable_sample(p.value, p.levels, p.locations, p.weights), kRounding, "output");
    const at::Tensor probe = probe_of(p);
    const auto got = twin.gradients(probe), expected = gradients(p, probe, deformable_sample);
    const char* names[] = {"value", "locations", "weights"};
    for (std::size_t i = 0; i < got.size(); ++i) expect_near(got[i], expected[i], kRounding, names[i]);
  });
}

TEST(DeformableSampling, TheTwinTakesPlacesThatAreNoNumbersAsOutside) {
  at::manual_seed(9);
  Problem p = random_problem(2, 8, 2, 0);
  for (const double place : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e30, -1e30}) {
    p.locations.fill_(place);
    EXPECT_EQ(SamplingTwin(p).outputs().abs().max().item<float>(), 0) << place;
    for (const at::Tensor& gradient : SamplingTwin(p).gradients(probe_of(p)))
      EXPECT_EQ(gradient.abs().max().item<float>(), 0) << place;
  }
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
