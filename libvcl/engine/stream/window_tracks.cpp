// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/window_tracks.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "libvcl/engine/stream/match_queries.hpp"

namespace vcl {
namespace {

constexpr int kScoreWindows = 16;      // then the mean becomes a moving one, so that old frames do not dominate forever
constexpr double kSureLogit = 8;       // so that one very sure window does not outvote the others
constexpr double kCarried = 0.25;      // weight of a carried mask relative to that of a window
constexpr int kMostUnconfirmed = 30;   // maximum number of frames through which a mask is carried without a query
constexpr double kFade = 0.97;         // factor of the score per such frame
constexpr double kLeastShare = 0.003;  // of the frame: minimum size of an unconfirmed carried mask
constexpr std::size_t kMostRemembered = 1000;  // so that neither memory nor time grows with the video

/// Makes room for the new frames of the next window and drops the frames that left it.
void shift(Track& track, int shared, int fresh) {
  track.seen.erase(track.seen.begin(), track.seen.end() - shared);
  track.seen.resize(std::size_t(shared + fresh), 0);
  track.expected.assign(track.seen.size(), false);
  if (!track.present()) {
    track.logits.reset();
    return;
  }
  const at::Tensor kept = track.logits.slice(0, track.logits.size(0) - shared);
  track.logits = at::cat({kept, at::zeros({fresh, kept.size(1), kept.size(2)}, kept.options())});
}

/// Adds a query of the newest window to the track that it matches.
void add(Track& track, const WindowQueries& window, const SeenQueries& queries, int query) {
  track.unconfirmed = 0;
  track.windows = std::min(track.windows + 1, kScoreWindows);
  track.score += (window.scores[query].item<double>() - track.score) / track.windows;
  track.embedding = queries.embeddings[query].clone();
  const at::Tensor logits = window.logits[query].clamp(-kSureLogit, kSureLogit);
  track.logits = track.logits.defined() ? track.logits + logits : logits;
  track.seen.resize(window.frames.size(), 0);
  track.expected.resize(window.frames.size(), false);
  for (int& windows : track.seen) ++windows;
  track.last = queries.masks[query][queries.last[query]].clone();
  track.last_frame = window.frames[queries.last[query]];
}

/// Continues a track that no query matched with its carried masks, as long as the limits allow.
void stand_for_itself(Track& track, int fresh, std::uint64_t max_age) {
  if (track.id == 0 || !track.expected.back() ||
      std::uint64_t(track.unconfirmed + fresh) > std::min<std::uint64_t>(kMostUnconfirmed, max_age))
    return;
  if (track.logits[-1].gt(0).to(at::kFloat).mean().item<double>() < kLeastShare) return;
  track.unconfirmed += fresh;
  track.score *= std::pow(kFade, fresh);
  for (std::size_t frame = track.seen.size() - std::size_t(fresh); frame < track.seen.size(); ++frame)
    track.seen[frame] = track.expected[frame];
}

double iou_of(const at::Tensor& a, const at::Tensor& b) {
  const double either = a.logical_or(b).sum().item<double>();
  return either > 0 ? a.logical_and(b).sum().item<double>() / either : 0;
}

}  // namespace

bool Track::present() const {
  return std::ranges::any_of(seen, [](int windows) { return windows > 0; });
}

void WindowTracks::carry_masks(const WindowQueries& window) {
  std::vector<Track*> carried;
  std::vector<at::Tensor> latest;
  const int last = window.shared - 1;
  for (auto& [key, track] : tracks_) {
    if (last < 0 || !track.present() || track.seen[std::size_t(last)] == 0) continue;
    carried.push_back(&track);
    latest.push_back(track.logits[last] / track.seen[std::size_t(last)]);
  }
  if (carried.empty()) return;
  at::Tensor masks = at::stack(latest);
  for (std::size_t i = 0; i < window.motion.size() && window.motion[i].back.defined(); ++i) {
    const std::size_t frame = std::size_t(window.shared) + i;
    masks = carry(masks, window.motion[i]);
    for (std::size_t k = 0; k < carried.size(); ++k) {
      carried[k]->logits[std::int64_t(frame)].copy_(kCarried * masks[std::int64_t(k)]);
      carried[k]->expected[frame] = true;
    }
  }
}

void WindowTracks::update(const WindowQueries& window, std::uint64_t max_age) {
  const int fresh = int(window.frames.size()) - window.shared;
  std::vector<std::uint64_t> continuing;
  for (auto& [key, track] : tracks_) {
    const bool was_present = track.seen.back() > 0;
    shift(track, window.shared, fresh);
    if (window.shared > 0 ? track.present() : was_present) continuing.push_back(key);
  }
  carry_masks(window);
  const SeenQueries queries(window);
  std::vector<std::uint64_t> keys = match_queries(tracks_, continuing, queries, window, max_age);
  for (int query = 0; query < int(keys.size()); ++query) {
    if (queries.first[query] < 0) continue;  // its mask is empty
    if (keys[query] == 0) keys[query] = next_key_++;
    add(tracks_[keys[query]], window, queries, query);
    int& moved = tracks_[keys[query]].moved;
    if (std::ranges::find(window.moving.query, query) != window.moving.query.end())
      moved = std::min(moved + 1, kScoreWindows);  // so that a long past does not outweigh current motion
  }
  for (const std::uint64_t key : continuing)
    if (std::ranges::find(keys, key) == keys.end()) stand_for_itself(tracks_.at(key), fresh, max_age);
  forget(window.frames.back(), max_age);
}

void WindowTracks::forget(std::uint64_t newest_frame, std::uint64_t max_age) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> remembered;  // last frame, key
  for (const auto& [key, track] : tracks_)
    if (!track.present()) remembered.emplace_back(track.last_frame, key);
  std::ranges::sort(remembered, std::greater<>{});
  for (std::size_t i = 0; i < remembered.size(); ++i) {
    const auto& [last_frame, key] = remembered[i];
    if (tracks_.at(key).id == 0 || last_frame + max_age < newest_frame || i >= kMostRemembered) tracks_.erase(key);
  }
}

at::Tensor WindowTracks::mask_of(const Track& track) const {
  return track.logits.defined() && track.seen[std::size_t(frame_)] > 0 ? track.logits[frame_].gt(0) : track.last;
}

void WindowTracks::begin_frame(int frame, double same_thing) {
  frame_ = frame;
  same_thing_ = same_thing;
  reported_before_ = std::exchange(reported_, {});
}

void WindowTracks::take_over_id(Track& track) {
  const at::Tensor mask = mask_of(track);
  Track* same = nullptr;
  double most = same_thing_;
  for (const std::uint64_t key : reported_before_) {
    const auto other = tracks_.find(key);
    if (other == tracks_.end() || reported_.contains(key) || other->second.score >= track.score) continue;
    if (const double iou = iou_of(mask, mask_of(other->second)); iou > most) most = iou, same = &other->second;
  }
  if (same != nullptr) std::swap(track.id, same->id);
}

std::uint64_t WindowTracks::report(std::uint64_t key) {
  Track& track = tracks_.at(key);
  if (!reported_before_.contains(key)) take_over_id(track);
  if (track.id == 0) track.id = next_id_++;
  reported_.insert(key);
  return track.id;
}

void WindowTracks::clear() {
  tracks_.clear();
  reported_.clear();
  reported_before_.clear();
}

}  // namespace vcl
