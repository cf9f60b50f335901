// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <optional>
#include <string>

#include "training/clips/augmentation.hpp"
#include "training/clips/copy_paste.hpp"
#include "training/clips/imagecut2video.hpp"

namespace vcl::train {

/// Returns the paste mode for a command line name: nullopt for "natural" (imagecut2video.hpp), a mode of the paper for
/// "corrected" and "reference". Throws Error(Invalid) for another name.
std::optional<PasteMode> paste_mode(const std::string& mode);

/// Throws Error(Invalid) if clips of this mode do not support this number of frames or these options.
void check_mode(const std::string& mode, int frames, const ClipOptions& options);

class RandomDraws : public Draws {
 public:
  explicit RandomDraws(Random& random) : random_(random) {}
  double uniform(double low, double high) override { return random_.uniform(low, high); }
  int integer(int low, int high) override { return low + int(random_.below(std::size_t(high - low + 1))); }
  std::vector<int> choice(int of, int count) override;

 private:
  Random& random_;
};

/// Returns sizes relative to the canvas, in the ratio of the paper's 360 and 480. There are no crops: they are for
/// photos larger than those in a pack.
Augmentation augmentation_for(Size photo, Size canvas);

/// Returns a clip with the frames at the top left of the canvas. Each row becomes an object.
Clip on_canvas(const FrameClip& frames, Size canvas);

/// The paper's ImageCut2Video: augments two photos to clips of two frames or more, which then exchange their instances
/// (method.md 4). A photo fills the canvas or three quarters of it, at the top left. `random` is the only source of
/// randomness.
std::array<Clip, 2> make_paper_clips(const ClipSource& source, Size canvas, int frames, PasteMode mode, Random& random);

}  // namespace vcl::train
