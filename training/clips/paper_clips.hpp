// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <optional>
#include <string>

#include "training/clips/augmentation.hpp"
#include "training/clips/copy_paste.hpp"
#include "training/clips/imagecut2video.hpp"

namespace vcl::train {

/// How clips are made of photos, by the names of the command line: "natural" clips (imagecut2video.hpp) have none;
/// "corrected" and "reference" are the paper's. Throws Error(Invalid) for another name.
std::optional<PasteMode> paste_mode(const std::string& mode);

/// Throws Error(Invalid) where clips of this mode cannot have so many frames or these options.
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

/// Sizes relative to the canvas as the paper's 360 and 480 are to each other. No crops: they are for photos larger than
/// any pack holds.
Augmentation augmentation_for(Size photo, Size canvas);

/// Frames that the canvas holds, at its top left; rows are the objects.
Clip on_canvas(const FrameClip& frames, Size canvas);

/// The paper's ImageCut2Video: two photos that the paper's augmentation turns into clips of two frames or more, which
/// then exchange their instances (method.md 4). A photo fills the canvas, or three quarters of it; it lies at the top
/// left. Everything random comes from `random`.
std::array<Clip, 2> make_paper_clips(const ClipSource& source, Size canvas, int frames, PasteMode mode, Random& random);

}  // namespace vcl::train
