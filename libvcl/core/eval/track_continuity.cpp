// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/eval/track_continuity.hpp"

#include <algorithm>

#include "vcl/error.hpp"
#include "vcl/tracking.hpp"

namespace vcl {
namespace {

constexpr std::uint64_t kNobody = 0;  // ids count from 1
constexpr double kKept = 1;           // on top of an IoU: outweighs what any other pairs could gain

/// A true object on its way through the video.
struct Followed {
  std::uint64_t id = kNobody;  ///< that it was last matched with
  bool lost = false;           ///< whether it was in view since, and not matched
};

/// The instance of each object, -1: none. Pairs that were matched before count so much that they stay.
std::vector<int> match(std::span<const TruthTrack> truth, std::size_t frame, const std::vector<Instance>& instances,
                       const std::vector<Followed>& objects, double least_iou) {
  Similarity similarity{int(truth.size()), int(instances.size()), {}};
  for (std::size_t object = 0; object < truth.size(); ++object)
    for (const Instance& instance : instances) {
      const double iou = rle_iou(truth[object][frame], instance.mask);
      const bool kept = instance.track_id == objects[object].id;
      similarity.values.push_back(iou > 0 && iou >= least_iou ? iou + (kept ? kKept * double(truth.size()) : 0) : 0);
    }
  std::vector<int> instance_of(truth.size(), -1);
  for (const auto& [object, instance] : match_tracks(similarity, 0)) instance_of[std::size_t(object)] = instance;
  return instance_of;
}

void count(Followed& object, std::uint64_t id, TrackContinuity& counts) {
  ++counts.visible;
  if (id == kNobody) {
    object.lost = object.id != kNobody;
    return;
  }
  ++counts.matched;
  if (object.lost) ++counts.fragmentations;
  if (object.id != kNobody && object.id != id) ++counts.switches;
  object = {id, false};
}

}  // namespace

TrackContinuity track_continuity(std::span<const TruthTrack> truth, std::span<const FrameResult> results,
                                 double least_iou) {
  for (const TruthTrack& track : truth)
    if (track.size() != results.size())
      throw Error(ErrorKind::Invalid, "a true object has not one mask for each frame of the results");
  TrackContinuity counts;
  std::vector<Followed> objects(truth.size());
  for (std::size_t frame = 0; frame < results.size(); ++frame) {
    const std::vector<Instance>& instances = results[frame].instances;
    const std::vector<int> instance_of = match(truth, frame, instances, objects, least_iou);
    for (std::size_t object = 0; object < truth.size(); ++object) {
      if (rle_area(truth[object][frame]) == 0) continue;
      const int instance = instance_of[object];
      count(objects[object], instance < 0 ? kNobody : instances[std::size_t(instance)].track_id, counts);
    }
  }
  return counts;
}

}  // namespace vcl
