// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "libvcl/engine/stream/carry_masks.hpp"

namespace vcl {

/// What the decoder says of a window of T frames: of each query, one candidate object. All on the CPU.
struct WindowQueries {
  at::Tensor logits;                    ///< of the masks, [Q, T, h, w]
  at::Tensor scores;                    ///< [Q]
  at::Tensor embeddings;                ///< of the queries, [Q, C]
  std::vector<std::uint64_t> frames;    ///< [T]: numbers of the video's frames, ascending
  int shared = 0;                       ///< how many of them, from the first, were the last of the window before
  std::vector<CellMotion> motion = {};  ///< of each other frame since the one before it; empty: masks are not carried
  struct Moving {
    at::Tensor parts;        ///< bool [n, T, height, width of the content] as of MovingParts
    std::vector<int> query;  ///< [n]: that explains the part, -1: none
  } moving = {};             ///< what moves in the frames, where the network says it
};

/// One object followed over windows. All queries are followed; which of them are reported is decided on the
/// score of the whole track, because the score of one window is noisier than that of many.
struct Track {
  std::uint64_t id = 0;   ///< given when it is first reported; 0 before
  double score = 0;       ///< running mean of the windows' scores
  int windows = 0;        ///< how many the mean holds
  int moved = 0;          ///< windows in which its query explained a part of what moves, up to 16
  int unconfirmed = 0;    ///< frames since a query last said that it is there: its mask was carried through them
  at::Tensor logits;      ///< [T, h, w]: sums, over the windows, of its mask logits in the frames of the newest window,
                          ///< and what was carried there; undefined when it is in none of them
  std::vector<int> seen;  ///< [T]: how many windows each sum holds; 1 where the mask was carried and none confirmed it
  std::vector<bool> expected;    ///< [T]: whether a mask was carried there
  at::Tensor embedding;          ///< [C], of length 1: of the query that it was last matched with
  at::Tensor last;               ///< bool [h, w]: its latest mask that was not empty
  std::uint64_t last_frame = 0;  ///< the frame of that mask

  /// Whether it is to be reported: once it was, down to half of the threshold, so that it does not flicker.
  bool counts(double threshold) const { return score >= (id == 0 ? threshold : threshold / 2); }
  /// Whether it was matched in a frame of the newest window; else it is remembered.
  bool present() const;
};

/// By a key that is never used again, oldest first.
using Tracks = std::map<std::uint64_t, Track>;

/// Joins the queries of neighbouring windows into tracks (match_queries.hpp says how). What several windows say of one
/// frame is averaged. Where the motion of the frames is known, masks are carried along: they smooth what the windows
/// say, find their queries by where they are now, and stand for themselves while no query confirms a reported track,
/// for at most 30 frames and with a falling score. A track that is lost is remembered, if it was ever reported, until
/// it is too old to come back. In which order the queries come matters only between equals.
class WindowTracks {
 public:
  /// `max_age`: most frames that an object may be missing and still be the same when it comes back.
  void update(const WindowQueries& window, std::uint64_t max_age);

  /// Those in the newest window and those remembered.
  const Tracks& alive() const { return tracks_; }
  /// The next tracks are reported in this frame of the newest window, the best first. Two tracks may follow one thing,
  /// of which only the better is reported; where the other was reported in the frame before, its id goes over to the
  /// better one. `same_thing`: masks with a larger IoU are one thing, so that the worse one is not reported.
  void begin_frame(int frame, double same_thing);
  /// The public id, given on first use.
  std::uint64_t report(std::uint64_t key);
  std::uint64_t ids_given() const { return next_id_ - 1; }
  /// Ends all tracks; reported ids go on counting.
  void clear();

 private:
  /// Puts what is known of each track's mask into the fresh frames.
  void carry_masks(const WindowQueries& window);
  void forget(std::uint64_t newest_frame, std::uint64_t max_age);

  /// In the frame that is reported, or its latest one: bool [h, w].
  at::Tensor mask_of(const Track& track) const;
  void take_over_id(Track& track);

  Tracks tracks_;
  int frame_ = 0;
  double same_thing_ = 1;
  std::set<std::uint64_t> reported_, reported_before_;  ///< keys, in this frame and the one before
  std::uint64_t next_key_ = 1, next_id_ = 1;
};

}  // namespace vcl
