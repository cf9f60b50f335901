// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>

#include "training/clips/clip.hpp"
#include "training/clips/clip_options.hpp"
#include "training/clips/clip_source.hpp"

/// ImageCut2Video in its "natural" mode (docs/training.md): videos made of single photos and the instances found in
/// them. The photo is the moving background. Instances of other photos are pasted over it and move on their own. Their
/// labels are known, so the network learns separation and tracking without annotations.
namespace vcl::train {

/// Makes one clip. `random` is the only source of randomness. An object keeps its number in all frames, visible or not.
/// `neighbours` are those of the network (VideoConfig::neighbours); moving scenes measure motion to them.
Clip make_clip(const ClipSource& source, Size canvas, int frames, const ClipOptions& options, Random& random,
               std::span<const int> neighbours = {});

/// Makes one view of a photo with its soft target, for the dense stage.
Clip make_view(const Photo& photo, Size canvas, Random& random);

}  // namespace vcl::train
