// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/track_consistency.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "vcl/error.hpp"
#include "vcl/tracking.hpp"

namespace vcl {
namespace {

constexpr double kLeastIou = 0.5;
constexpr std::size_t kNone = std::size_t(-1);

/// An object and a track that can be matched, with the value of the match.
struct Pair {
  std::size_t object, track;
  double value;
};

/// The state of a true object during the video.
struct Followed {
  std::size_t track = kNone;  ///< its last match
  bool lost = false;          ///< in view since then without a match
};

void check(std::span<const MaskTrack> tracks, std::size_t frames, Size& size) {
  for (const MaskTrack& track : tracks) {
    if (track.size() != frames)
      throw Error(ErrorKind::Invalid, "the tracks of one video have masks for " + std::to_string(frames) + " and " +
                                          std::to_string(track.size()) + " frames");
    for (const auto& mask : track) {
      if (!mask) continue;
      if (size != Size{} && size != Size{mask->width, mask->height})
        throw Error(ErrorKind::Invalid, "the masks of one video differ in size");
      size = {mask->width, mask->height};
    }
  }
}

std::vector<std::uint64_t> areas_in(std::size_t frame, std::span<const MaskTrack> tracks) {
  std::vector<std::uint64_t> areas;
  for (const MaskTrack& track : tracks) areas.push_back(track[frame] ? rle_area(*track[frame]) : 0);
  return areas;
}

/// Numbers the keys 0, 1, ... in order. Returns the key of each number.
std::vector<std::size_t> numbered(std::map<std::size_t, int>& number_of) {
  std::vector<std::size_t> keys;
  for (auto& [key, number] : number_of) {
    number = int(keys.size());
    keys.push_back(key);
  }
  return keys;
}

/// Returns the one-to-one pairs with the largest sum. Objects and tracks without pairs, which are most, are skipped.
std::vector<Pair> best_pairs(const std::vector<Pair>& pairs) {
  std::map<std::size_t, int> rows, columns;
  for (const Pair& pair : pairs) {
    rows.emplace(pair.object, 0);
    columns.emplace(pair.track, 0);
  }
  const std::vector<std::size_t> objects = numbered(rows), tracks = numbered(columns);
  Similarity values{int(objects.size()), int(tracks.size()), std::vector<double>(objects.size() * tracks.size())};
  for (const Pair& pair : pairs) values.at(rows[pair.object], columns[pair.track]) = pair.value;
  std::vector<Pair> best;
  for (const auto& [row, column] : match_tracks(values, 0))
    best.push_back({objects[std::size_t(row)], tracks[std::size_t(column)], values.at(row, column)});
  return best;
}

class Counter {
 public:
  Counter(std::span<const MaskTrack> truths, std::span<const MaskTrack> results, std::span<const MaskTrack> crowds)
      : truths_(truths), results_(results), crowds_(crowds), objects_(truths.size()) {}

  void add_frame(std::size_t frame) {
    const std::vector<std::uint64_t> truth_areas = areas_in(frame, truths_), areas = areas_in(frame, results_);
    const std::vector<Pair> pairs = pairs_in(frame, truth_areas, areas);
    for (const Pair& pair : pairs) ++frames_together_[{pair.object, pair.track}];
    std::vector<std::size_t> track_of(truths_.size(), kNone);
    for (const Pair& pair : matched(pairs)) track_of[pair.object] = pair.track;
    for (std::size_t object = 0; object < truths_.size(); ++object)
      if (truth_areas[object] > 0) follow(objects_[object], track_of[object]);
    for (std::size_t track = 0; track < results_.size(); ++track) {
      const bool has_pair = std::ranges::any_of(pairs, [&](const Pair& pair) { return pair.track == track; });
      counts_.found += areas[track] > 0 && (has_pair || !in_crowd(frame, *results_[track][frame], areas[track]));
    }
  }

  TrackConsistency counts() {
    std::vector<Pair> pairs;
    for (const auto& [pair, frames] : frames_together_) pairs.push_back({pair.first, pair.second, double(frames)});
    for (const Pair& pair : best_pairs(pairs)) counts_.identified += std::uint64_t(pair.value);
    return counts_;
  }

 private:
  std::vector<Pair> pairs_in(std::size_t frame, const std::vector<std::uint64_t>& truth_areas,
                             const std::vector<std::uint64_t>& areas) const {
    std::vector<Pair> pairs;
    for (std::size_t object = 0; object < truths_.size(); ++object)
      for (std::size_t track = 0; track < results_.size(); ++track) {
        const auto [less, more] = std::minmax(truth_areas[object], areas[track]);
        if (less == 0 || double(less) < kLeastIou * double(more)) continue;  // the IoU is at most less / more
        const double iou = rle_iou(*truths_[object][frame], *results_[track][frame]);
        if (iou >= kLeastIou) pairs.push_back({object, track, iou});
      }
    return pairs;
  }

  /// Matches the pairs of a frame. Pairs of the last match get so much value that they always stay.
  std::vector<Pair> matched(std::vector<Pair> pairs) const {
    for (Pair& pair : pairs)
      if (objects_[pair.object].track == pair.track) pair.value += double(truths_.size());
    return best_pairs(pairs);
  }

  void follow(Followed& object, std::size_t track) {
    ++counts_.visible;
    if (track == kNone) {
      object.lost = object.track != kNone;
      return;
    }
    ++counts_.matched;
    if (object.lost) ++counts_.fragmentations;
    if (object.track != kNone && object.track != track) ++counts_.switches;
    object = {track, false};
  }

  bool in_crowd(std::size_t frame, const Rle& mask, std::uint64_t area) const {
    std::vector<Rle> crowd;
    for (const MaskTrack& track : crowds_)
      if (track[frame]) crowd.push_back(*track[frame]);
    return !crowd.empty() && 2 * rle_intersection(mask, rle_merge(crowd)) > area;
  }

  const std::span<const MaskTrack> truths_, results_, crowds_;
  std::vector<Followed> objects_;
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> frames_together_;  // keyed by object and track
  TrackConsistency counts_;
};

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN() : double(part) / double(whole);
}

}  // namespace

void TrackConsistency::add(const TrackConsistency& video) {
  visible += video.visible;
  found += video.found;
  matched += video.matched;
  switches += video.switches;
  fragmentations += video.fragmentations;
  identified += video.identified;
}

double TrackConsistency::idp() const {
  return share(identified, found);
}

double TrackConsistency::idr() const {
  return share(identified, visible);
}

double TrackConsistency::idf1() const {
  return share(2 * identified, found + visible);
}

TrackConsistency track_consistency(std::span<const MaskTrack> truths, std::span<const MaskTrack> results,
                                   std::span<const MaskTrack> crowds) {
  std::size_t frames = 0;
  for (const auto& tracks : {crowds, results, truths})
    if (!tracks.empty()) frames = tracks[0].size();
  Size size;
  for (const auto& tracks : {truths, results, crowds}) check(tracks, frames, size);
  Counter counter(truths, results, crowds);
  for (std::size_t frame = 0; frame < frames; ++frame) counter.add_frame(frame);
  return counter.counts();
}

}  // namespace vcl
