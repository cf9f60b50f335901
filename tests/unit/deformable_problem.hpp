// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "libvcl/cuda/deformable.hpp"
#include "libvcl/cuda/host_loops.hpp"
#include "libvcl/engine/nn/deformable_sampling.hpp"

/// Random deformable sampling, and the bodies of the CUDA kernels for it on the processor.
namespace vcl::test {

/// A random problem; `reach`: how far outside of [0, 1] samples fall.
struct Problem {
  std::vector<GridSize> levels;
  at::Tensor value, locations, weights;

  std::vector<at::Tensor> tensors() const { return {value, locations, weights}; }
};

inline Problem random_problem(std::int64_t heads, std::int64_t channels, std::int64_t points, double reach) {
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

inline void expect_near(const at::Tensor& got, const at::Tensor& expected, double tolerance, const char* what) {
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

/// Gradients of the output's product with `probe` over value, locations and weights.
inline std::vector<at::Tensor> gradients(const Problem& p, const at::Tensor& probe,
                                         decltype(&deformable_sample) sample) {
  std::vector<at::Tensor> inputs;
  for (const at::Tensor& x : p.tensors()) inputs.push_back(x.detach().to(probe.options()).requires_grad_());
  const at::Tensor loss = (sample(inputs[0], p.levels, inputs[1], inputs[2]) * probe).sum();
  return torch::autograd::grad({loss}, inputs);
}

inline at::Tensor probe_of(const Problem& p) {
  return at::randn({p.value.size(0), p.locations.size(1), p.value.size(2) * p.value.size(3)});
}

/// The CUDA kernels' twin of one problem.
class SamplingTwin {
 public:
  explicit SamplingTwin(const Problem& p)
      : values_(p.value.transpose(1, 2).contiguous()), locations_(p.locations), weights_(p.weights) {
    task_ = {values_.const_data_ptr<float>(),
             locations_.const_data_ptr<float>(),
             weights_.const_data_ptr<float>(),
             values_.size(0),
             locations_.size(1),
             values_.size(1),
             values_.size(3),
             locations_.size(4),
             values_.size(2),
             int(p.levels.size()),
             {}};
    std::int64_t first = 0;
    for (std::size_t l = 0; l < p.levels.size(); ++l) {
      const auto& [height, width] = p.levels[l];
      task_.levels[l] = {int(height), int(width), first};
      first += height * width;
    }
  }
  at::Tensor outputs() const {
    at::Tensor out = at::empty({task_.images, task_.queries, task_.heads * task_.channels});
    HostLoops loops;
    sample_deformable(loops, task_, out.mutable_data_ptr<float>());
    return out;
  }
  std::vector<at::Tensor> gradients(const at::Tensor& probe) const {
    const at::Tensor values = at::zeros_like(values_), locations = at::empty_like(locations_),
                     weights = at::empty_like(weights_);
    HostLoops loops;
    deformable_gradients(
        loops, task_, probe.const_data_ptr<float>(),
        {values.mutable_data_ptr<float>(), locations.mutable_data_ptr<float>(), weights.mutable_data_ptr<float>()});
    return {values.transpose(1, 2), locations, weights};
  }

 private:
  at::Tensor values_, locations_, weights_;
  SamplingTask task_{};
};

}  // namespace vcl::test
