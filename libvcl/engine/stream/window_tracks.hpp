// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "libvcl/engine/stream/carry_masks.hpp"

namespace vcl {

/// The decoder's output for a window of T frames. Each query is one candidate object. All tensors are on the CPU.
struct WindowQueries {
  at::Tensor logits;                    ///< mask logits, [Q, T, h, w]
  at::Tensor scores;                    ///< [Q]
  at::Tensor embeddings;                ///< of the queries, [Q, C]
  std::vector<std::uint64_t> frames;    ///< [T]: frame numbers in the video, ascending
  int shared = 0;                       ///< number of first frames that end the previous window, too
  std::vector<CellMotion> motion = {};  ///< for each other frame, since its previous frame; empty: no masks are carried
  struct Moving {
    at::Tensor parts;        ///< bool [n, T, height, width of the content], MovingParts::masks()
    std::vector<int> query;  ///< [n]: the query that explains each part, -1: none
  } moving = {};             ///< the moving parts, if the network predicts them
};

/// One object followed over windows. All queries are followed. The score of the whole track decides whether it is
/// reported, because the score of one window is noisier than the mean of many.
struct Track {
  std::uint64_t id = 0;   ///< assigned when it is first reported; 0 before
  double score = 0;       ///< running mean of the scores in the windows
  int windows = 0;        ///< number of windows in the mean
  int moved = 0;          ///< number of windows in which its query explained a moving part, up to 16
  int unconfirmed = 0;    ///< number of frames since a query last confirmed it; its mask was carried through them
  at::Tensor logits;      ///< [T, h, w]: mask logits in the frames of the newest window, summed over the windows and
                          ///< with the carried logits; undefined if it is in none of these frames
  std::vector<int> seen;  ///< [T]: number of windows in each sum; 1 if the mask was carried and not confirmed
  std::vector<bool> expected;    ///< [T]: whether a mask was carried to the frame
  at::Tensor embedding;          ///< [C], of length 1: of the query that it was last matched with
  at::Tensor last;               ///< bool [h, w]: its latest mask that was not empty
  std::uint64_t last_frame = 0;  ///< the frame of that mask

  /// Returns whether it should be reported. After its first report half of the threshold is enough, so that it does not
  /// flicker.
  bool counts(double threshold) const { return score >= (id == 0 ? threshold : threshold / 2); }
  /// Returns whether it was matched in a frame of the newest window. Otherwise it is only remembered.
  bool present() const;
};

/// Tracks by a key that is never used again, oldest first.
using Tracks = std::map<std::uint64_t, Track>;

/// Joins the queries of neighboring windows into tracks (see match_queries.hpp). The masks of several windows for one
/// frame are averaged. If the motion of the frames is known, masks are carried along it. Carried masks smooth the
/// averages and help to find their queries. If no query confirms a reported track, the carried mask replaces it, for at
/// most 30 frames and with a falling score. A lost track that was ever reported is remembered until it is too old to
/// return. The order of the queries matters only between equal ones.
class WindowTracks {
 public:
  /// `max_age`: maximum number of frames that an object may be missing and keep its identity when it returns.
  void update(const WindowQueries& window, std::uint64_t max_age);

  /// Returns the tracks in the newest window and those remembered.
  const Tracks& alive() const { return tracks_; }
  /// Starts a frame of the newest window, whose tracks are then reported, best first. If two tracks follow the same
  /// object, only the better one is reported. If the other one was reported in the previous frame, the better one takes
  /// over its id. `same_thing`: masks with a larger IoU show the same object.
  void begin_frame(int frame, double same_thing);
  /// Returns the public id, which is assigned on first use.
  std::uint64_t report(std::uint64_t key);
  std::uint64_t ids_given() const { return next_id_ - 1; }
  /// Ends all tracks. Reported ids continue to count.
  void clear();

 private:
  /// Moves the known mask of each track into the new frames.
  void carry_masks(const WindowQueries& window);
  void forget(std::uint64_t newest_frame, std::uint64_t max_age);

  /// Returns the track's mask in the frame that is reported, or its latest mask: bool [h, w].
  at::Tensor mask_of(const Track& track) const;
  void take_over_id(Track& track);

  Tracks tracks_;
  int frame_ = 0;
  double same_thing_ = 1;
  std::set<std::uint64_t> reported_, reported_before_;  ///< keys in this frame and in the previous one
  std::uint64_t next_key_ = 1, next_id_ = 1;
};

}  // namespace vcl
