// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/select_instances.hpp"

#include <algorithm>

#include "libvcl/engine/stream/claims.hpp"
#include "libvcl/engine/video/clip_instances.hpp"
#include "libvcl/engine/video/mask_upsampling.hpp"

namespace vcl {

std::vector<Instance> select_instances(const std::vector<Candidate>& candidates, const Letterbox& letterbox,
                                       const Filters& filters, const Selection& selection,
                                       const std::optional<ColorRefinement>& colors, const Identify& identify) {
  const bool overlap = filters.overlap == Overlap::Auto ? selection.overlap : filters.overlap == Overlap::Allow;
  Claims claims(letterbox.content);
  std::vector<Instance> instances;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto& [cells, score] = candidates[i];
    if (int(instances.size()) >= filters.max_instances) break;
    at::Tensor logits = canvas_logits(cells, letterbox, colors);
    if (!overlap) logits = claims.left_of(logits);
    if (!logits.defined()) continue;
    Rle mask = mask_from_logits(logits.const_data_ptr<float>(), letterbox);
    const std::uint64_t area = rle_area(mask);
    if (area == 0 || area < filters.min_area) continue;
    const auto repeats = [&](const Instance& better) { return rle_iou(better.mask, mask) > selection.duplicate_iou; };
    if (std::ranges::any_of(instances, repeats)) continue;
    if (!overlap) claims.claim(logits);
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
