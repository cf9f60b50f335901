// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/nn/deformable_sampling.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "libvcl/cuda/kernels.hpp"
#include "libvcl/engine/cuda_stream.hpp"

namespace vcl {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kGrain = 64;  // minimum number of queries per thread: a fraction of a millisecond

/// The inputs of the kernel for one call, as contiguous float32.
struct Sampling {
  Sampling(const at::Tensor& v, const std::vector<GridSize>& grids, const at::Tensor& l, const at::Tensor& w)
      : levels(grids),
        values(v.to(at::kFloat).transpose(1, 2).contiguous()),
        locations(l.to(at::kFloat).contiguous()),
        weights(w.to(at::kFloat).contiguous()),
        sizes{levels, values.size(1), values.size(3), locations.size(4)} {}
  std::int64_t images() const { return values.size(0); }
  std::int64_t queries() const { return locations.size(1); }

  const std::vector<GridSize> levels;
  const at::Tensor values, locations, weights;  // [N, heads, S, d], [N, Q, heads, levels, points, 2], the same less 2
  const SamplingSizes sizes;
};

/// Returns the part of a tensor that belongs to one image.
template <typename T>
T* image_of(const at::Tensor& x, std::int64_t image) {
  return static_cast<T*>(const_cast<void*>(x.const_data_ptr())) + image * x.stride(0);
}

/// Returns the part of an image's values that belongs to one head.
template <typename T>
T* head_of(const at::Tensor& values, std::int64_t image, std::int64_t head) {
  return image_of<T>(values, image) + head * values.stride(1);
}

SamplingTask cuda_task(const Sampling& s) {
  SamplingTask task{s.values.const_data_ptr<float>(),
                    s.locations.const_data_ptr<float>(),
                    s.weights.const_data_ptr<float>(),
                    s.images(),
                    s.queries(),
                    s.sizes.heads,
                    s.sizes.channels,
                    s.sizes.points,
                    s.values.size(2),
                    int(s.levels.size()),
                    {}};
  std::int64_t first = 0;
  for (std::size_t l = 0; l < s.levels.size(); first += s.levels[l].first * s.levels[l].second, ++l)
    task.levels[l] = {int(s.levels[l].first), int(s.levels[l].second), first};
  return task;
}

constexpr const char* kCudaKernels = "deformable attention's CUDA kernels";

at::Tensor sample(const Sampling& s) {
  at::Tensor out = at::empty({s.images(), s.queries(), s.sizes.heads * s.sizes.channels}, s.values.options());
  if (s.values.is_cuda()) {
    check_kernels(cuda_kernels().sample_deformable(cuda_task(s), out.mutable_data_ptr<float>(),
                                                   int(out.device().index()), current_cuda_stream(out.device())),
                  kCudaKernels);
    return out;
  }
  at::parallel_for(0, s.images() * s.queries(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t image = begin / s.queries(); begin < end; ++image) {
      const std::int64_t first = begin - image * s.queries(), last = std::min(end - image * s.queries(), s.queries());
      for (std::int64_t head = 0; head < s.sizes.heads; ++head)
        sample_deformable(s.sizes, head, first, last, head_of<const float>(s.values, image, head),
                          image_of<const float>(s.locations, image), image_of<const float>(s.weights, image),
                          image_of<float>(out, image));
      begin += last - first;
    }
  });
  return out;
}

/// The gradients of a loss over values, locations and weights, in the memory layout of `s`.
struct Gradients {
  at::Tensor values, locations, weights;
};

Gradients gradients(const Sampling& s, const at::Tensor& over_output) {
  const Gradients over{at::zeros_like(s.values), at::empty_like(s.locations), at::empty_like(s.weights)};
  if (s.values.is_cuda()) {
    const SamplingGradients parts{over.values.mutable_data_ptr<float>(), over.locations.mutable_data_ptr<float>(),
                                  over.weights.mutable_data_ptr<float>()};
    check_kernels(
        cuda_kernels().deformable_gradients(cuda_task(s), over_output.const_data_ptr<float>(), parts,
                                            int(s.values.device().index()), current_cuda_stream(s.values.device())),
        kCudaKernels);
    return over;
  }
  at::parallel_for(0, s.images() * s.sizes.heads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t image = i / s.sizes.heads, head = i % s.sizes.heads;
      deformable_gradients(s.sizes, head, s.queries(), head_of<const float>(s.values, image, head),
                           image_of<const float>(s.locations, image), image_of<const float>(s.weights, image),
                           image_of<const float>(over_output, image), head_of<float>(over.values, image, head),
                           image_of<float>(over.locations, image), image_of<float>(over.weights, image));
    }
  });
  return over;
}

class SamplingFunction : public torch::autograd::Function<SamplingFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& value, const std::vector<GridSize>& levels,
                            const at::Tensor& locations, const at::Tensor& weights) {
    std::vector<std::int64_t> sides;
    for (const auto& [height, width] : levels) sides.insert(sides.end(), {height, width});
    context->saved_data["levels"] = sides;
    context->save_for_backward({value, locations, weights});
    return sample(Sampling(value, levels, locations, weights));
  }

  static variable_list backward(AutogradContext* context, const variable_list& over_outputs) {
    const variable_list saved = context->get_saved_variables();
    const std::vector<std::int64_t> sides = context->saved_data["levels"].toIntVector();
    std::vector<GridSize> levels;
    for (std::size_t i = 0; i < sides.size(); i += 2) levels.emplace_back(sides[i], sides[i + 1]);
    const Sampling s(saved[0], levels, saved[1], saved[2]);
    const Gradients over = gradients(s, over_outputs[0].to(at::kFloat).contiguous());
    return {over.values.transpose(1, 2).to(saved[0].scalar_type()), at::Tensor(),
            over.locations.to(saved[1].scalar_type()), over.weights.to(saved[2].scalar_type())};
  }
};

/// Returns whether we have our own kernel for this device and type.
bool has_kernel(const at::Tensor& value, std::size_t levels) {
  if (value.scalar_type() == at::kDouble) return false;
  return value.is_cpu() ||
         (value.is_cuda() && cuda_kernels().sample_deformable != nullptr && levels <= std::size_t(kMostSamplingLevels));
}

}  // namespace

at::Tensor deformable_sample(const at::Tensor& value, const std::vector<GridSize>& levels, const at::Tensor& locations,
                             const at::Tensor& weights) {
  if (!has_kernel(value, levels.size())) return deformable_sample_by_grids(value, levels, locations, weights);
  const bool trains =
      c10::GradMode::is_enabled() && (value.requires_grad() || locations.requires_grad() || weights.requires_grad());
  return trains ? SamplingFunction::apply(value, levels, locations, weights)
                : sample(Sampling(value, levels, locations, weights));
}

at::Tensor deformable_sample_by_grids(const at::Tensor& value, const std::vector<GridSize>& levels,
                                      const at::Tensor& locations, const at::Tensor& weights) {
  const std::int64_t n = value.size(0), heads = value.size(2), d = value.size(3), queries = locations.size(1);
  const std::int64_t points = locations.size(4);
  const at::Tensor grid = (2 * locations - 1).transpose(1, 2).flatten(0, 1);  // [N * heads, Q, levels, points, 2]
  std::vector<at::Tensor> sampled;
  std::int64_t start = 0;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const auto [height, width] = levels[l];
    const at::Tensor plane = value.slice(1, start, start + height * width).permute({0, 2, 3, 1});
    sampled.push_back(at::grid_sampler(plane.reshape({n * heads, d, height, width}), grid.select(2, l), /*bilinear*/ 0,
                                       /*zeros*/ 0, false));
    start += height * width;
  }
  const at::Tensor samples = at::stack(sampled, 3).flatten(3);  // [N * heads, d, Q, levels * points]
  const at::Tensor share =
      weights.transpose(1, 2).reshape({n * heads, 1, queries, std::int64_t(levels.size()) * points});
  return (samples * share).sum(3).view({n, heads * d, queries}).transpose(1, 2);
}

}  // namespace vcl
