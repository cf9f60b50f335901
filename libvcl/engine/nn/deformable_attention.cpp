// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/nn/deformable_attention.hpp"

#include "libvcl/engine/nn/deformable_sampling.hpp"
#include "libvcl/engine/nn/layers.hpp"

namespace vcl {

at::Tensor cell_centres(const std::vector<GridSize>& levels, const at::Tensor& like) {
  const auto options = like.options().dtype(at::kFloat);
  std::vector<at::Tensor> centres;
  for (const auto& [height, width] : levels) {
    const at::Tensor y = (at::arange(height, options) + 0.5) / height, x = (at::arange(width, options) + 0.5) / width;
    centres.push_back(
        at::stack({x.unsqueeze(0).expand({height, width}), y.unsqueeze(1).expand({height, width})}, 2).flatten(0, 1));
  }
  return at::cat(centres);
}

DeformableSamples deformable_samples(const at::Tensor& query, const std::vector<GridSize>& levels, const Weights& w,
                                     int heads, int points) {
  const std::int64_t n = query.size(0), cells = query.size(1), count = std::int64_t(levels.size());
  const at::Tensor offsets = linear(query, w / "sampling_offsets").view({n, cells, heads, count * points * 2});
  const at::Tensor weights =
      linear(query, w / "attention_weights").view({n, cells, heads, count * points}).softmax(-1, at::kFloat);
  std::vector<float> steps;  // offsets are in cells of their level
  for (const auto& [height, width] : levels)
    for (int point = 0; point < points; ++point) steps.insert(steps.end(), {1 / float(width), 1 / float(height)});
  const at::Tensor step = at::tensor(steps, offsets.options().dtype(at::kFloat));
  const at::Tensor centres = cell_centres(levels, query).repeat({1, count * points}).view({1, cells, 1, -1});
  return {at::addcmul(centres, offsets, step).view({n, cells, heads, count, points, 2}),
          weights.view({n, cells, heads, count, points})};
}

at::Tensor deformable_attention(const at::Tensor& query, const at::Tensor& input, const std::vector<GridSize>& levels,
                                const Weights& w, int heads, int points) {
  const at::Tensor value = linear(input, w / "value_proj").unflatten(2, {heads, -1});
  const DeformableSamples samples = deformable_samples(query, levels, w, heads, points);
  return linear(deformable_sample(value, levels, samples.locations, samples.weights), w / "output_proj");
}

}  // namespace vcl
