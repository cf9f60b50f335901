// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/stream/window_tracks.hpp"

#include <algorithm>

#include "vcl/tracking.hpp"

namespace vcl {
namespace {

constexpr double kLeastIou = 0.1;  // measured: spec of the recipe; higher loses deforming objects
constexpr int kCoastFrames = 20;   // an unmatched track waits so long for its object to come back
constexpr int kScoreWindows = 16;  // the mean turns into a moving one, so that old frames do not rule for ever

}  // namespace

std::vector<std::uint64_t> WindowTracks::match(const at::Tensor& masks, int shared) const {
  std::vector<std::uint64_t> keys, of_query(masks.size(0), 0);
  std::vector<at::Tensor> old;
  for (const auto& [key, track] : tracks_) {
    keys.push_back(key);
    const auto tail = tail_.find(key);  // tracks that coast are compared by their last mask
    old.push_back(tail != tail_.end() ? tail->second.slice(0, tail->second.size(0) - shared).flatten()
                                      : track.last.repeat({shared}));
  }
  if (keys.empty() || shared == 0) return of_query;

  const at::Tensor before = at::stack(old).to(at::kFloat);
  const at::Tensor after = masks.slice(1, 0, shared).flatten(1).to(at::kFloat);
  const at::Tensor both = before.matmul(after.t());
  const at::Tensor either = before.sum(1, true) + after.sum(1).unsqueeze(0) - both;
  const at::Tensor iou = (both / either.clamp_min(1)).to(at::kDouble).contiguous();
  const double* values = iou.const_data_ptr<double>();
  const Similarity similarity{int(keys.size()), int(masks.size(0)), {values, values + iou.numel()}};
  for (const auto& [row, query] : match_tracks(similarity, kLeastIou)) of_query[query] = keys[row];
  return of_query;
}

std::vector<std::uint64_t> WindowTracks::update(const at::Tensor& masks, const at::Tensor& scores, int shared) {
  const int fresh = int(masks.size(1)) - shared;
  std::vector<std::uint64_t> keys = match(masks, shared);
  for (auto& [key, track] : tracks_) track.unseen += fresh;
  tail_.clear();
  for (std::int64_t q = 0; q < masks.size(0); ++q) {
    if (keys[q] == 0) {
      if (!masks[q].any().item<bool>()) continue;
      keys[q] = next_key_++;
    }
    Track& track = tracks_[keys[q]];
    track.windows = std::min(track.windows + 1, kScoreWindows);
    track.score += (scores[q].item<double>() - track.score) / track.windows;
    track.unseen = 0;
    track.last = masks[q][-1];
    tail_[keys[q]] = masks[q];
  }
  std::erase_if(tracks_, [](const auto& entry) { return entry.second.unseen > kCoastFrames; });
  return keys;
}

void WindowTracks::clear() {
  tracks_.clear();
  tail_.clear();
}

std::uint64_t WindowTracks::report(std::uint64_t key) {
  Track& track = tracks_.at(key);
  if (track.id == 0) track.id = next_id_++;
  return track.id;
}

}  // namespace vcl
