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

/// Videos with human annotations (YouTube-VIS JSON), for fine-tuning. All categories count as objects, crowds as
/// background. One video in 20 is held out. It is read-only after construction: any number of threads may draw from it.
class LabelledVideos {
 public:
  /// `frames` is the folder that file names are relative to. `pixels` is the maximum size of a canvas. Videos that
  /// cannot be used are added to `errors`, now if a file is missing, else when they are drawn; `errors` must outlive
  /// this object. Throws like read_ytvis_truths, and Error(Unreadable) if no video is left.
  LabelledVideos(const std::string& annotations, const std::string& frames, std::int64_t pixels, ReadPicture read,
                 ErrorList& errors);

  /// Returns a canvas for a batch: that of a random video.
  Size draw_canvas(Random& random) const;
  /// Draws a clip for fine-tuning (method.md 4.1, 4.2): `frames` augmented frames around a random one. The video has
  /// the orientation (landscape or not) of `canvas`, which must come from draw_canvas. Throws Error(Unreadable) if too
  /// many videos in a row cannot be read.
  Clip draw(Size canvas, int frames, Random& random) const;
  /// Returns the same `clips` clips of held-out videos each time, without augmentation; empty if no video is held out.
  std::vector<Clip> held_out(int clips, int frames) const;

  std::size_t count() const { return training_.size(); }

 private:
  struct Track {
    std::vector<std::vector<std::uint32_t>> runs;  ///< per frame, as in Rle; empty: the object is absent
  };
  struct Video {
    Size size, canvas;
    std::vector<std::string> frames;  ///< paths
    std::vector<Track> tracks;
  };

  FrameClip read(const Video& video, const std::vector<int>& frames) const;
  ClipFrame read_frame(const Video& video, int frame) const;
  /// Draws from `videos` until one can be read. Returns nullopt if none can. `augment`: as for training.
  std::optional<Clip> draw_clip(const std::vector<std::size_t>& videos, int frames, Size canvas, bool augment,
                                Random& random) const;

  ReadPicture read_;
  ErrorList* errors_;
  std::vector<Video> videos_;
  std::vector<std::size_t> training_, held_out_;
};

}  // namespace vcl::train
