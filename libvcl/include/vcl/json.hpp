// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vcl/result.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// Returns one frame as a line of JSON without a line end (docs/formats.md):
///     {"frame":0,"pts":0,"width":W,"height":H,"stale":false,"instances":[{"id":1,"score":0.9,
///      "bbox":[x,y,w,h],"area":n,"segmentation":{"size":[H,W],"counts":"..."}}]}
/// "pts" is null if unknown. Instance::is_new is not written. If `utc` is not empty, the line has it as "utc" behind
/// "pts": the wall-clock time of the frame, as text. Throws Error(Invalid) if a score is not finite.
std::string frame_to_json(const FrameResult& frame, std::string_view utc = {});
/// Parses such a line. Counts may also be a list of runs, and unknown keys are skipped. Throws Error(Unreadable), which
/// states what is wrong. A box or area that does not match its mask is an error, and so are two instances with one id.
FrameResult frame_from_json(std::string_view text);

/// Collects the frames of a video into YouTube-VIS results (docs/formats.md). They are a list with one entry per track:
/// {"video_id","category_id":1,"score","segmentations":[one RLE or null per frame]}. The score is the sum of the
/// track's frame scores divided by the number of frames of the video, so an object that stays ranks before a glimpse of
/// one.
///
/// Memory grows with the number of tracks only: masks move to a temporary file ($TMPDIR) once they exceed 1 MB. Errors
/// of that file are Error(Resource).
///
/// Threads: calls of one object must not overlap.
class YtvisResults {
 public:
  explicit YtvisResults(std::int64_t video_id = 1);
  ~YtvisResults();
  YtvisResults(const YtvisResults&) = delete;
  YtvisResults& operator=(const YtvisResults&) = delete;

  /// One track of the video. The results own it. It stays valid until add() is called again.
  struct Track {
    double score_sum = 0;     ///< over the frames that have the track
    std::uint64_t masks = 0;  ///< number of masks
    std::uint64_t last = 0;   ///< position of the last mask in the store
  };

  void add(const FrameResult& frame);
  std::size_t frames() const { return frames_; }
  /// Returns the tracks by descending score. Of equal scores the lower id comes first.
  std::vector<const Track*> ranked() const;
  /// Calls `see` with the index of each frame that has the track, in ascending order, and its mask there.
  void for_each_mask(const Track& track, const std::function<void(std::size_t, const Rle&)>& see) const;
  /// Passes the whole JSON document to `sink` piece by piece, with tracks by descending score.
  void write(const std::function<void(std::string_view)>& sink) const;
  /// Returns the same as one text.
  std::string to_json() const;

 private:
  class Store;

  std::int64_t video_id_;
  std::size_t frames_ = 0;
  std::map<std::uint64_t, Track> tracks_;
  std::unique_ptr<Store> store_;
};

}  // namespace vcl
