// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "support/random.hpp"
#include "vcl/geometry.hpp"

namespace vcl::train {

/// Values of Clip::moves.
inline constexpr std::uint8_t kStays = 0, kMoves = 1, kUnknown = 255;

/// Label of pixels that may or may not belong to an object. It is larger than all object numbers.
inline constexpr std::uint8_t kUnlabelled = 255;

/// A training sample in bytes. Worker threads make it.
struct Clip {
  Clip(Size canvas, int frames)
      : canvas(canvas),
        content(canvas),
        frames(frames),
        images(std::size_t(frames) * 3 * canvas.width * canvas.height),
        labels(std::size_t(frames) * canvas.width * canvas.height) {}

  std::size_t pixels() const { return std::size_t(canvas.width) * canvas.height; }
  std::uint8_t* image(int frame) { return images.data() + frame * 3 * pixels(); }
  std::uint8_t* label(int frame) { return labels.data() + frame * pixels(); }
  const std::uint8_t* image(int frame) const { return images.data() + frame * 3 * pixels(); }
  const std::uint8_t* label(int frame) const { return labels.data() + frame * pixels(); }

  Size canvas;
  Size content;  ///< area that the photo covers, at the top left; the rest is padding
  int frames;
  int instances = 0;                 ///< number of objects, numbered from 1 (0 for soft targets)
  std::vector<std::uint8_t> images;  ///< [frames, 3, height, width] RGB
  /// [frames, height, width]: the object of each pixel (in moving scenes also kUnlabelled), or a soft target 0..255.
  std::vector<std::uint8_t> labels;
  /// [frames, height, width]: kMoves if the pixel moves on its own, kStays, or kUnknown. Empty if it is unknown
  /// everywhere.
  std::vector<std::uint8_t> moves;
  /// [frames, neighbours, kMotionPlanes, height, width]: motion_planes() as measured on the frames. Empty if unknown.
  std::vector<float> motion;
};

/// Fills everything outside of `content` with the network's mean color (zero after normalization, like the padding in
/// the paper's inference) and labels it as background.
void pad(Clip& clip);

/// Fills all frames with the mean color, so that only motion is visible.
void blank(Clip& clip);

/// An object with fewer pixels in a whole clip is a speck.
inline constexpr int kLeastPixels = 12;

/// Numbers the objects 1, 2, ... and turns specks into background. If `unlabelled` is set, kUnlabelled is kept.
void renumber(Clip& clip, bool unlabelled = false);

/// The change of light within a clip.
struct Light {
  std::array<float, 3> change{};  ///< per channel: log of the last frame's light divided by the first's

  /// At `strength` 1, one standard deviation changes the light by a factor of 0.7 or 1 / 0.7, and its color a little.
  /// At 0 nothing is drawn from `random`.
  static Light draw(double strength, Random& random);
  /// Returns the factors for a frame. They are 1 in the middle of the clip.
  std::array<float, 3> at(int frame, int frames) const;
};

/// The look of a camera: gain and offset of the channels, saturation, noise, blur, and their changes from frame to
/// frame. It is drawn once per clip.
struct Look {
  float gain[3], offset, saturation, noise;
  int blur;  ///< number of passes
  Light light;
  int defocus = 0;  ///< additional blur passes towards the last frame or, if negative, towards the first
  /// `appearance`: how much light and focus change. At 1, a third of the clips lose or find focus.
  static Look draw(double appearance, Random& random);
};
/// Applies the look to the content of one frame.
void apply(const Look& look, Clip& clip, int frame, Random& random);

/// Returns a canvas for videos of common aspect ratios, chosen as in inference (letterbox_fit) within the pixel budget.
Size draw_canvas(Random& random, std::int64_t pixels, int stride);

}  // namespace vcl::train
