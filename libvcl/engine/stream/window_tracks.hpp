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
  std::uint64_t id = 0;     ///< given when it is first reported; 0 before
  double score = 0;         ///< running mean of the windows' scores
  int windows = 0;          ///< how many the mean holds
  int unseen = 0;           ///< frames since it was last matched
  std::int64_t query = -1;  ///< that it was last matched with
  at::Tensor logits;      ///< [T, h, w]: sums, over the windows, of its mask logits in the frames of the newest window
  std::vector<int> seen;  ///< [T]: how many windows each sum holds
  at::Tensor last;        ///< bool [h, w]: its latest mask, for matching while it coasts

  /// Whether it is to be reported: once it was, down to half of the threshold, so that it does not flicker.
  bool counts(double threshold) const { return score >= (id == 0 ? threshold : threshold / 2); }
};

/// Joins the queries of neighbouring windows into tracks: one-to-one assignment on the mask IoU over the frames that
/// two windows share, preferring the same query, which the network itself means to be the same object. What several
/// windows say of one frame is averaged.
class WindowTracks {
 public:
  /// logits: [Q, T, h, w]; scores [Q]; the first `shared` frames were the last ones of the window before.
  void update(const at::Tensor& logits, const at::Tensor& scores, int shared);

  /// Alive tracks, oldest first.
  const std::map<std::uint64_t, Track>& alive() const { return tracks_; }
  /// The public id, given on first use.
  std::uint64_t report(std::uint64_t key);
  /// Ends all tracks; reported ids go on counting.
  void clear() { tracks_.clear(); }

 private:
  std::map<std::uint64_t, Track> tracks_;
  std::uint64_t next_key_ = 1, next_id_ = 1;
};

}  // namespace vcl
