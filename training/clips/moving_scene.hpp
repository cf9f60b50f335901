// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>

#include "training/clips/clip.hpp"
#include "training/clips/clip_options.hpp"
#include "training/clips/thing.hpp"

/// Scenes of photos that a moving camera films while things move for themselves before it: what optical flow can tell
/// apart, and what it cannot. How often what happens was chosen by eye and by what networks then saw in real video.
namespace vcl::train {

/// Water or leaves: patches of the scene that look as if they moved, otherwise in each frame.
struct Restless {
  Field where;          ///< x above 0: how much
  double strength = 0;  ///< pixels
  int cells = 1;
  std::uint64_t seed = 0;
};

/// A scene at any time; time 0 is the middle of the clip.
struct MovingScene {
  const Photo* photo = nullptr;
  Affine to_photo;  ///< of the scene's places
  Camera camera;
  Restless restless;
  std::vector<Thing> things;  ///< from the farthest to the nearest
};

MovingScene draw_moving_scene(const ClipSource& source, Size content, int frames, const ClipOptions& options,
                              Random& random);

/// Draws one frame of the content and its labels; returns what moves for itself between it and its neighbours (values
/// of Clip::moves, [canvas height, canvas width]). The photo's own objects keep their ids there.
std::vector<std::uint8_t> film(const MovingScene& scene, double time, std::span<const int> neighbours, Clip& clip,
                               int frame);

/// Fills a clip, whose content is set, with a scene; everything random comes from `random`. Motion is measured between
/// every frame and each of `neighbours`, for which further frames are filmed.
void fill_with_moving_scene(Clip& clip, const ClipSource& source, const ClipOptions& options,
                            std::span<const int> neighbours, Random& random);

}  // namespace vcl::train
