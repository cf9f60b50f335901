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

/// One line of JSON (no line end) for one frame, docs/formats.md:
/// {"frame":0,"pts":0,"width":W,"height":H,"stale":false,"instances":[{"id":1,"score":0.9,
///  "bbox":[x,y,w,h],"area":n,"segmentation":{"size":[H,W],"counts":"..."}}]}. "pts" is null when unknown.
/// Instance::is_new is not written. Throws Error(Invalid) when a score is not finite.
std::string frame_to_json(const FrameResult& frame);
/// The reverse; the counts may be a list of runs too, unknown keys are skipped. Throws Error(Unreadable) that says
/// what is wrong: also where box or area are not those of the mask, or two instances share an id.
FrameResult frame_from_json(std::string_view line);

/// Collects a video's frames into YouTube-VIS results (method.md 6): a list with, for each track,
/// {"video_id","category_id":1,"score","segmentations":[RLE or null for each frame]}. Score: the sum of the
/// track's frame scores over the frames of the video, so that an object that stays ranks before a glimpse.
/// Memory grows with the number of tracks alone: masks are in a temporary file ($TMPDIR) once they are more than 1 MB.
/// One thread. Errors of that file: Error(Resource).
class YtvisResults {
 public:
  explicit YtvisResults(std::int64_t video_id = 1);
  ~YtvisResults();
  YtvisResults(const YtvisResults&) = delete;
  YtvisResults& operator=(const YtvisResults&) = delete;

  /// One track of the video; belongs to the results and lasts until add() is called again.
  struct Track {
    double score_sum = 0;     ///< over the frames that it is in
    std::uint64_t masks = 0;  ///< how many
    std::uint64_t last = 0;   ///< where the last mask is kept
  };

  void add(const FrameResult& frame);
  std::size_t frames() const { return frames_; }
  /// By descending score; of equal scores the lower id first.
  std::vector<const Track*> ranked() const;
  /// Calls `see` with the index of each frame that the track is in, ascending, and its mask there.
  void for_each_mask(const Track& track, const std::function<void(std::size_t, const Rle&)>& see) const;
  /// The whole JSON document, tracks by descending score, piece by piece.
  void write(const std::function<void(std::string_view)>& sink) const;
  /// The same as one text.
  std::string to_json() const;

 private:
  class Store;

  std::int64_t video_id_;
  std::size_t frames_ = 0;
  std::map<std::uint64_t, Track> tracks_;
  std::unique_ptr<Store> store_;
};

}  // namespace vcl
