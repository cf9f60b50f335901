// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "training/clips/clip.hpp"
#include "training/clips/copy_paste.hpp"
#include "training/photos/error_list.hpp"

namespace vcl::train {

/// Reads a picture: [3, height, width] RGB in `rgb`, no masks. Throws Error(Unreadable).
using ReadPicture = std::function<ClipFrame(const std::string& path)>;

/// Videos in which people marked objects (YouTube-VIS's JSON), to fine-tune on. All categories are objects; crowds are
/// background. A twentieth of the videos is held out. Read-only once made: any number of threads may draw from it.
class LabelledVideos {
 public:
  /// `frames`: the folder that file names are relative to. `pixels`: of a canvas, at most. What cannot be used goes to
  /// `errors`, now (videos whose files are missing) or when it is drawn; it must outlive this. Throws as
  /// read_ytvis_truths, and Error(Unreadable) where no video is left.
  LabelledVideos(const std::string& annotations, const std::string& frames, std::int64_t pixels, ReadPicture read,
                 ErrorList& errors);

  /// A canvas for a batch: that of one of the videos.
  Size draw_canvas(Random& random) const;
  /// A clip for fine-tuning (method.md 4.1, 4.2), of a video that lies or stands as the canvas, which must be one of
  /// draw_canvas: `frames` around one of them, each seen a little otherwise. Throws Error(Unreadable) when one video
  /// after the other cannot be read.
  Clip draw(Size canvas, int frames, Random& random) const;
  /// The same `clips` each time, of held-out videos, as they are; none without held-out videos.
  std::vector<Clip> held_out(int clips, int frames) const;

  std::size_t count() const { return training_.size(); }

 private:
  struct Track {
    std::vector<std::vector<std::uint32_t>> runs;  ///< of each frame, as in Rle; empty: not there
  };
  struct Video {
    Size size, canvas;
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
