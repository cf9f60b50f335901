// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "training/clip.hpp"
#include "training/copy_paste.hpp"
#include "training/error_list.hpp"

namespace vcl::train {

/// Reads a picture: [3, height, width] RGB in `rgb`, no masks. Throws Error(Unreadable).
using ReadPicture = std::function<ClipFrame(const std::string& path)>;

/// Videos in which people marked objects (YouTube-VIS's JSON), to fine-tune on. All categories are objects; crowds are
/// background. A twentieth of the videos is held out. Read-only once made: any number of threads may draw from it.
class LabelledVideos {
 public:
  /// `frames`: the folder that file names are relative to. What cannot be used goes to `errors`, now (videos whose
  /// files are missing) or when it is drawn; it must outlive this. Throws as read_ytvis_truths, and Error(Unreadable)
  /// where no video is left.
  LabelledVideos(const std::string& annotations, const std::string& frames, ReadPicture read, ErrorList& errors);

  /// Clips for fine-tuning (method.md 4.1, 4.2): of videos that lie or stand alike, `frames` of each drawn around one
  /// of them, each seen a little otherwise, on a canvas of at most `pixels`. Throws Error(Unreadable) when one video
  /// after the other cannot be read.
  std::vector<Clip> draw(int clips, int frames, std::int64_t pixels, Random& random) const;
  /// The same `clips` each time, of held-out videos, as they are; none without held-out videos.
  std::vector<Clip> held_out(int clips, int frames, std::int64_t pixels) const;

  std::size_t count() const { return training_.size(); }

 private:
  struct Track {
    std::vector<std::vector<std::uint32_t>> runs;  ///< of each frame, as in Rle; empty: not there
  };
  struct Video {
    Size size;
    std::vector<std::string> frames;  ///< paths
    std::vector<Track> tracks;
  };

  FrameClip read(const Video& video, const std::vector<int>& frames) const;
  ClipFrame read_frame(const Video& video, int frame) const;
  /// Draws among `videos` until one can be read; none if none can be. `augment`: as for training.
  std::optional<Clip> draw_clip(const std::vector<std::size_t>& videos, int frames, Size canvas, bool augment,
                                Random& random) const;

  ReadPicture read_;
  ErrorList* errors_;
  std::vector<Video> videos_;
  std::vector<std::size_t> training_, held_out_;
};

}  // namespace vcl::train
