// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <vector>

namespace vcl {

/// One object followed over windows. All queries are followed; which of them are reported is decided on the
/// score of the whole track, because the score of one window is noisier than that of many.
struct Track {
  std::uint64_t id = 0;  ///< given when it is first reported; 0 before
  double score = 0;      ///< running mean of the windows' scores
  int windows = 0;       ///< how many the mean holds
  int unseen = 0;        ///< frames since it was last matched
  at::Tensor last;       ///< bool [h * w]: its latest mask, for matching
};

/// Joins the queries of neighbouring windows into tracks: one-to-one assignment on the mask IoU over the
/// frames that two windows share (vcl::match_tracks).
class WindowTracks {
 public:
  /// masks: bool [Q, T, h * w]; scores [Q]; the first `shared` frames were the last ones of the window before.
  /// Returns for each query the key of its track, or 0 when its mask is empty in all frames.
  std::vector<std::uint64_t> update(const at::Tensor& masks, const at::Tensor& scores, int shared);

  Track& at(std::uint64_t key) { return tracks_.at(key); }
  /// Ends all tracks; reported ids go on counting.
  void clear();
  /// The public id, given on first use.
  std::uint64_t report(std::uint64_t key);

 private:
  std::vector<std::uint64_t> match(const at::Tensor& masks, int shared) const;

  std::map<std::uint64_t, Track> tracks_;     // alive, by key
  std::map<std::uint64_t, at::Tensor> tail_;  // key -> bool [T, h * w] of the last window
  std::uint64_t next_key_ = 1, next_id_ = 1;
};

}  // namespace vcl
