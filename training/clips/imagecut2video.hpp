// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>

#include "training/clips/clip.hpp"
#include "training/clips/clip_options.hpp"
#include "training/clips/clip_source.hpp"

/// ImageCut2Video in its "natural" mode (docs/training.md): videos made of single photos and the instances
/// found in them. The photo is the moving background, instances of other photos are pasted over it and move on
/// their own; what is pasted is labelled, so separation and tracking are learned without a label.
namespace vcl::train {

/// One clip; everything random comes from `random`. An object keeps its number in all frames, whether it is seen or
/// not. `neighbours`: those of the network (VideoConfig::neighbours), to which moving scenes measure motion.
Clip make_clip(const ClipSource& source, Size canvas, int frames, const ClipOptions& options, Random& random,
               std::span<const int> neighbours = {});

/// One view of a photo with its soft target, for the dense stage.
Clip make_view(const Photo& photo, Size canvas, Random& random);

}  // namespace vcl::train
