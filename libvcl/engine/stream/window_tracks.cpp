// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/stream/window_tracks.hpp"

#include <algorithm>

#include "vcl/tracking.hpp"

namespace vcl {
namespace {

constexpr double kLeastIou = 0.1;      // higher loses objects that deform
constexpr double kSameQueryBonus = 1;  // outweighs any IoU: a query that still fits keeps its track
constexpr int kCoastFrames = 20;       // an unmatched track waits so long for its object to come back
constexpr int kScoreWindows = 16;      // the mean turns into a moving one, so that old frames do not rule for ever
constexpr double kSureLogit = 8;       // so that one very sure window does not outvote the others

/// Makes room for the fresh frames of the next window; those that left it are forgotten.
void shift(Track& track, std::int64_t frames, int fresh) {
  const at::Tensor kept = track.logits.slice(0, track.logits.size(0) - (frames - fresh));
  track.logits = at::cat({kept, at::zeros({fresh, kept.size(1), kept.size(2)}, kept.options())});
  track.seen.erase(track.seen.begin(), track.seen.end() - (frames - fresh));
  track.seen.resize(frames, 0);
}

/// Its masks in the shared frames; where no window saw it, the latest one it had. bool [shared, h, w].
at::Tensor shared_masks(const Track& track, int shared) {
  std::vector<at::Tensor> masks;
  for (int t = 0; t < shared; ++t) masks.push_back(track.seen[t] > 0 ? track.logits[t].gt(0) : track.last);
  return at::stack(masks);
}

/// The track of each query: a key, or 0.
std::vector<std::uint64_t> match(const std::map<std::uint64_t, Track>& tracks, const at::Tensor& masks, int shared) {
  std::vector<std::uint64_t> keys, of_query(masks.size(0), 0);
  std::vector<at::Tensor> old;
  if (tracks.empty() || shared == 0) return of_query;
  for (const auto& [key, track] : tracks) {
    keys.push_back(key);
    old.push_back(shared_masks(track, shared).flatten());
  }
  const at::Tensor before = at::stack(old).to(at::kFloat);
  const at::Tensor after = masks.slice(1, 0, shared).flatten(1).to(at::kFloat);
  const at::Tensor both = before.matmul(after.t());
  const at::Tensor either = before.sum(1, true) + after.sum(1).unsqueeze(0) - both;
  const at::Tensor iou = (both / either.clamp_min(1)).to(at::kDouble).contiguous();
  const double* values = iou.const_data_ptr<double>();
  Similarity similarity{int(keys.size()), int(masks.size(0)), {values, values + iou.numel()}};
  for (int row = 0; row < similarity.rows; ++row) {
    const std::int64_t query = tracks.at(keys[row]).query;
    if (similarity.at(row, int(query)) >= kLeastIou) similarity.at(row, int(query)) += kSameQueryBonus;
  }
  for (const auto& [row, query] : match_tracks(similarity, kLeastIou)) of_query[query] = keys[row];
  return of_query;
}

}  // namespace

void WindowTracks::update(const at::Tensor& logits, const at::Tensor& scores, int shared) {
  const std::int64_t frames = logits.size(1);
  const int fresh = int(frames) - shared;
  for (auto& [key, track] : tracks_) {
    shift(track, frames, fresh);
    track.unseen += fresh;
  }
  const at::Tensor masks = logits.gt(0);
  std::vector<std::uint64_t> keys = match(tracks_, masks, shared);
  for (std::int64_t q = 0; q < logits.size(0); ++q) {
    if (keys[q] == 0) {
      if (!masks[q].any().item<bool>()) continue;
      keys[q] = next_key_++;
      tracks_[keys[q]].logits = at::zeros_like(logits[q]);
      tracks_[keys[q]].seen.assign(frames, 0);
    }
    Track& track = tracks_[keys[q]];
    track.windows = std::min(track.windows + 1, kScoreWindows);
    track.score += (scores[q].item<double>() - track.score) / track.windows;
    track.unseen = 0;
    track.query = q;
    track.logits = track.logits + logits[q].clamp(-kSureLogit, kSureLogit);
    for (int& windows : track.seen) ++windows;
    track.last = masks[q][-1];
  }
  std::erase_if(tracks_, [](const auto& entry) { return entry.second.unseen > kCoastFrames; });
}

std::uint64_t WindowTracks::report(std::uint64_t key) {
  Track& track = tracks_.at(key);
  if (track.id == 0) track.id = next_id_++;
  return track.id;
}

}  // namespace vcl
