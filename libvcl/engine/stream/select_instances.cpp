// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/stream/select_instances.hpp"

#include <algorithm>

#include "engine/nn/layers.hpp"
#include "engine/stream/mask_upsampling.hpp"

namespace vcl {

std::vector<Instance> select_instances(const std::vector<Candidate>& candidates, const Letterbox& letterbox,
                                       const Filters& filters, double duplicate_iou, const Identify& identify) {
  std::vector<Instance> instances;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto& [canvas_logits, score] = candidates[i];
    if (int(instances.size()) >= filters.max_instances) break;
    const at::Tensor logits =
        resize_bilinear(canvas_logits.unsqueeze(0).unsqueeze(0), letterbox.canvas.height, letterbox.canvas.width);
    Rle mask = mask_from_logits(logits.const_data_ptr<float>(), letterbox);
    const std::uint64_t area = rle_area(mask);
    if (area == 0 || area < filters.min_area) continue;
    const auto repeats = [&](const Instance& better) { return rle_iou(better.mask, mask) > duplicate_iou; };
    if (std::ranges::any_of(instances, repeats)) continue;
    Instance instance = identify(i);
    instance.box = rle_box(mask);
    instance.mask = std::move(mask);
    instance.area = area;
    instance.score = float(score);
    instances.push_back(std::move(instance));
  }
  return instances;
}

}  // namespace vcl
