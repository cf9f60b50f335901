// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/match_queries.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "vcl/tracking.hpp"

namespace vcl {
namespace {

// Measured as cosines of query embeddings with the default model on DAVIS-2016 sequences and on photos that a camera
// pans over. One object has at least 0.97 in neighboring windows (95 % of cases), and a median of 0.97 even 30 frames
// later if it stays with its query. Different objects have at most 0.8 (95 %), with a median of 0.2. An object that
// changed its query (median 0.7) cannot be told from others.
constexpr double kLikeQuery = 0.8;
constexpr double kLeastIou = 0.3;   // to continue a track; with 0.1 tracks wander to other objects, with 0.4 they break
constexpr double kQueryWeight = 4;  // of likeness relative to IoU: 0.97 instead of 0.8 outweighs most overlaps
constexpr double kSameMover = 10;   // added to both: the query explains a moving part, as the track did
constexpr double kMoverIou = 0.2;   // of the track's carried mask and the moving part
constexpr double kMeets = 0.6;      // share of a track's mask that lies in a part
constexpr double kMostGrowth = 4;   // factor of the area while missing (also 1 / factor); 95 %: below 2.9 in 30 frames
constexpr double kMostDistance = 0.5;  // of centers while missing, in sides of a square frame; 0.46 for 95 % of objects

using Keys = std::vector<std::uint64_t>;

std::vector<const Track*> tracks_of(const Tracks& tracks, const Keys& keys) {
  std::vector<const Track*> found;
  for (const std::uint64_t key : keys) found.push_back(&tracks.at(key));
  return found;
}

/// Returns cosines: [tracks, Q].
at::Tensor likeness(const std::vector<const Track*>& tracks, const SeenQueries& queries) {
  std::vector<at::Tensor> embeddings;
  for (const Track* track : tracks) embeddings.push_back(track->embedding);
  return at::stack(embeddings).matmul(queries.embeddings.t());
}

/// Returns the number of frames in which tracks are compared, from the first of the window: all if masks were carried,
/// otherwise those shared with the previous window, at least one.
std::int64_t compared_frames(const std::vector<const Track*>& tracks, const SeenQueries& queries, int shared) {
  const auto is_carried = [](const Track* track) { return std::ranges::count(track->expected, true) > 0; };
  return std::ranges::any_of(tracks, is_carried) ? queries.masks.size(1) : std::max(1, shared);
}

/// Returns the masks of a track in these frames [n, h, w], and which of them count [n]: those in which it was seen or
/// is expected. Returns its latest mask if no frame is shared.
std::pair<at::Tensor, at::Tensor> masks_to_overlap(const Track& track, std::int64_t frames, int shared) {
  if (shared == 0) return {track.last.unsqueeze(0), at::ones({1})};
  at::Tensor counts = at::zeros({frames});
  for (std::int64_t frame = 0; frame < frames; ++frame)
    if (track.seen[std::size_t(frame)] > 0 || track.expected[std::size_t(frame)]) counts[frame] = 1;
  return {track.logits.slice(0, 0, frames).gt(0), counts};
}

/// Returns the IoU of the masks over all compared frames: [tracks, Q].
at::Tensor overlap(const std::vector<const Track*>& tracks, const SeenQueries& queries, int shared) {
  std::vector<at::Tensor> masks, counted;
  const std::int64_t frames = compared_frames(tracks, queries, shared);
  for (const Track* track : tracks) {
    const auto [of_track, where] = masks_to_overlap(*track, frames, shared);
    masks.push_back(of_track);
    counted.push_back(where);
  }
  const at::Tensor where = at::stack(counted);                                                // [tracks, n]
  const at::Tensor before = (at::stack(masks) * where.unsqueeze(2).unsqueeze(3)).flatten(1);  // [tracks, n * h * w]
  const at::Tensor after = queries.masks.slice(1, 0, frames).flatten(2).to(at::kFloat);       // [Q, n, h * w]
  const at::Tensor both = before.matmul(after.flatten(1).t());
  const at::Tensor either = before.sum(1, true) + where.matmul(after.sum(2).t()) - both;
  return both / either.clamp_min(1);
}

Similarity to_similarity(const at::Tensor& matrix) {
  const at::Tensor values = matrix.to(at::kDouble).contiguous();
  const double* begin = values.const_data_ptr<double>();
  return {int(values.size(0)), int(values.size(1)), {begin, begin + values.numel()}};
}

struct Place {
  double area, x, y;  // the center, in cells
};

Place place_of(const at::Tensor& mask) {
  const at::Tensor cells = mask.nonzero().to(at::kFloat), centre = cells.mean(0);
  return {double(cells.size(0)), centre[1].item<double>(), centre[0].item<double>()};
}

/// Returns whether the second mask may show the same object some time after the first.
bool may_have_become(const at::Tensor& before, const at::Tensor& after) {
  const Place a = place_of(before), b = place_of(after);
  return std::max(a.area, b.area) <= kMostGrowth * std::min(a.area, b.area) &&
         std::hypot(a.x - b.x, a.y - b.y) <= kMostDistance * std::sqrt(double(before.numel()));
}

/// The contact of a moving part with the masks of a track, in the frames that contain the track. If the windows share
/// no frame, it is the contact with its latest mask in the first frame.
struct Meeting {
  int row, moved;
  double iou, inside;  // share of the track's masks that lies in the part
};

Meeting meet(const at::Tensor& part, const Track& track, int row, int shared) {
  const auto [masks, counts] = masks_to_overlap(track, part.size(0), shared);
  const at::Tensor where = counts.gt(0).view({-1, 1, 1}), in_part = part.slice(0, 0, masks.size(0)).logical_and(where);
  const at::Tensor mask = masks.slice(1, 0, part.size(1)).slice(2, 0, part.size(2)).logical_and(where);
  const double both = mask.logical_and(in_part).sum().item<double>(), area = mask.sum().item<double>();
  return {row, track.moved, both / std::max(1.0, area + in_part.sum().item<double>() - both),
          both / std::max(1.0, area)};
}

/// Returns the row of the track that moved as this part, bool [T, h, w], before. Returns -1 if there is none or several
/// tracks meet in the part.
int mover_of(const at::Tensor& part, const std::vector<const Track*>& tracks, int shared) {
  std::vector<Meeting> meetings;
  for (std::size_t row = 0; row < tracks.size(); ++row)
    if (tracks[row]->moved > 0) meetings.push_back(meet(part, *tracks[row], int(row), shared));
  const Meeting* mover = nullptr;
  for (const Meeting& meeting : meetings)
    if (meeting.iou > kMoverIou && (mover == nullptr || meeting.moved > mover->moved)) mover = &meeting;
  const auto is_rival = [&](const Meeting& other) {
    return &other != mover && other.inside > kMeets && 2 * other.moved >= mover->moved;
  };
  return mover == nullptr || std::ranges::any_of(meetings, is_rival) ? -1 : mover->row;
}

void continue_tracks(const Tracks& tracks, const Keys& continuing, const SeenQueries& queries,
                     const WindowQueries& window, Keys& of_query) {
  if (continuing.empty()) return;
  const std::vector<const Track*> old = tracks_of(tracks, continuing);
  const at::Tensor iou = overlap(old, queries, window.shared);
  at::Tensor similarity = iou + kQueryWeight * likeness(old, queries).clamp_min(0);
  similarity.masked_fill_(iou.lt(kLeastIou), 0);
  std::set<std::pair<int, int>> movers;  // rows and queries; one query may explain several parts of one mover
  for (std::size_t part = 0; part < window.moving.query.size(); ++part) {
    const int query = window.moving.query[part];
    const int mover = query < 0 ? -1 : mover_of(window.moving.parts[std::int64_t(part)], old, window.shared);
    if (mover >= 0) movers.emplace(mover, query);
  }
  for (const auto& [mover, query] : movers) similarity[mover][query].add_(kSameMover);
  const Similarity allowed = to_similarity(similarity);
  for (const auto& [row, query] : match_tracks(allowed, kLeastIou)) of_query[query] = continuing[row];
}

void bring_back(const Tracks& tracks, const SeenQueries& queries, const WindowQueries& window, std::uint64_t max_age,
                Keys& of_query) {
  Keys missing;
  for (const auto& [key, track] : tracks)
    if (track.id != 0 && std::ranges::find(of_query, key) == of_query.end()) missing.push_back(key);
  if (missing.empty()) return;
  const Similarity alike = to_similarity(likeness(tracks_of(tracks, missing), queries));
  Keys possible;  // tracks that may have come back, few of those missing
  Similarity similarity{0, alike.cols, {}};
  for (int row = 0; row < alike.rows; ++row) {
    const Track& track = tracks.at(missing[row]);
    std::vector<double> values(std::size_t(alike.cols), 0);
    for (int query = 0; query < alike.cols; ++query) {
      const int appears = queries.first[query];
      if (alike.at(row, query) >= kLikeQuery && of_query[query] == 0 && appears >= 0 &&
          window.frames[appears] <= track.last_frame + 1 + max_age &&
          may_have_become(track.last, queries.masks[query][appears]))
        values[query] = alike.at(row, query);
    }
    if (std::ranges::count(values, 0) == alike.cols) continue;
    possible.push_back(missing[row]);
    ++similarity.rows;
    similarity.values.insert(similarity.values.end(), values.begin(), values.end());
  }
  for (const auto& [row, query] : match_tracks(similarity, kLikeQuery)) of_query[query] = possible[row];
}

}  // namespace

SeenQueries::SeenQueries(const WindowQueries& window) : masks(window.logits.gt(0)) {
  const at::Tensor length = window.embeddings.norm(2, 1, true);
  embeddings = window.embeddings / length.clamp_min(1e-12);
  const at::Tensor visible = masks.flatten(2).any(2).contiguous();  // [Q, T]
  const std::int64_t frames = visible.size(1);
  for (std::int64_t query = 0; query < visible.size(0); ++query) {
    const bool* begin = visible.const_data_ptr<bool>() + query * frames;
    first.push_back(-1);
    last.push_back(-1);
    for (int frame = 0; frame < frames; ++frame) {
      if (!begin[frame]) continue;
      if (first.back() < 0) first.back() = frame;
      last.back() = frame;
    }
  }
}

std::vector<std::uint64_t> match_queries(const Tracks& tracks, const std::vector<std::uint64_t>& continuing,
                                         const SeenQueries& queries, const WindowQueries& window,
                                         std::uint64_t max_age) {
  Keys of_query(queries.first.size(), 0);
  continue_tracks(tracks, continuing, queries, window, of_query);
  bring_back(tracks, queries, window, max_age, of_query);
  return of_query;
}

}  // namespace vcl
