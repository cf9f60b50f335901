// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/maskcut/cut_tracks.hpp"

#include <algorithm>

namespace gstvcl {
namespace {

vcl::Instance instance_of(const vcl::CutStep& step, const vcl::Mask& mask) {
  vcl::Instance instance;
  instance.score = float(std::clamp(1 - step.eigenvalue, 0.0, 1.0));
  instance.mask = vcl::rle_encode(mask);
  instance.box = vcl::rle_box(instance.mask);
  instance.area = vcl::rle_area(instance.mask);
  return instance;
}

vcl::Similarity overlaps(const std::vector<vcl::Rle>& old, const std::vector<vcl::Instance>& found) {
  vcl::Similarity iou{int(old.size()), int(found.size()), {}};
  for (const vcl::Rle& mask : old)
    for (const vcl::Instance& instance : found) iou.values.push_back(vcl::rle_iou(mask, instance.mask));
  return iou;
}

}  // namespace

std::vector<vcl::Instance> CutTracks::follow(const std::vector<vcl::CutStep>& steps,
                                             const std::vector<vcl::Mask>& masks, bool track) {
  std::vector<vcl::Instance> found;
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (vcl::Instance instance = instance_of(steps[i], masks[i]); instance.area > 0)
      found.push_back(std::move(instance));
  if (!track) end_all();
  const std::vector<std::uint64_t> ids = joiner_.join(overlaps(previous_, found));
  previous_.clear();
  const std::uint64_t known = last_id_;
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i].track_id = ids[i];
    found[i].is_new = ids[i] > known;  // ids count up
    last_id_ = std::max(last_id_, ids[i]);
    previous_.push_back(found[i].mask);
  }
  std::ranges::stable_sort(found, std::greater(), &vcl::Instance::score);
  return found;
}

void CutTracks::end_all() {
  joiner_.end_all();
  previous_.clear();
}

}  // namespace gstvcl
