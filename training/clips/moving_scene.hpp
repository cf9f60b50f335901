// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <span>

#include "training/clips/clip.hpp"
#include "training/clips/clip_options.hpp"
#include "training/clips/thing.hpp"

/// Scenes of photos, filmed by a moving camera while things move on their own. They show what optical flow can
/// separate, and what it cannot. The frequencies were chosen by eye and by what the trained networks then found in real
/// video.
namespace vcl::train {

/// Water or leaves: regions of the scene with apparent motion that differs in each frame.
struct Restless {
  Field where;          ///< the x entry: amount where positive
  double strength = 0;  ///< in pixels
  int cells = 1;
  std::uint64_t seed = 0;
};

/// A scene at any time. Time 0 is the middle of the clip.
struct MovingScene {
  const Photo* photo = nullptr;
  Affine to_photo;  ///< scene to photo
  Camera camera;
  Restless restless;
  std::vector<Thing> things;  ///< from the farthest to the nearest
};

MovingScene draw_moving_scene(const ClipSource& source, Size content, int frames, const ClipOptions& options,
                              Random& random);

/// Draws one frame of the content and its labels; the photo's own objects keep their ids in them. Returns whether each
/// pixel moves on its own between the frame and its neighbors (values of Clip::moves, [canvas height, canvas width]).
std::vector<std::uint8_t> film(const MovingScene& scene, double time, std::span<const int> neighbours, Clip& clip,
                               int frame);

/// Fills a clip, whose content is set, with a scene. `random` is the only source of randomness. Motion is measured
/// between each frame and each of `neighbours`; additional frames are filmed for that.
void fill_with_moving_scene(Clip& clip, const ClipSource& source, const ClipOptions& options,
                            std::span<const int> neighbours, Random& random);

}  // namespace vcl::train
