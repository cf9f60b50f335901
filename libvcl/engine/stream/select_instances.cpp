// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/stream/select_instances.hpp"

#include <algorithm>

#include "engine/video/clip_instances.hpp"

namespace vcl {

std::vector<Instance> select_instances(const std::vector<Candidate>& candidates, const Letterbox& letterbox,
                                       const Filters& filters, double duplicate_iou,
                                       const std::optional<ColorRefinement>& colors, const Identify& identify) {
  std::vector<Instance> instances;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto& [logits, score] = candidates[i];
    if (int(instances.size()) >= filters.max_instances) break;
    Rle mask = frame_mask(logits, letterbox, colors);
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
