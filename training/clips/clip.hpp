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

/// A label beyond all objects' numbers: here may be an object or none.
inline constexpr std::uint8_t kUnlabelled = 255;

/// A training sample in bytes, made by worker threads.
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
  Size content;  ///< what the photo covers, at the top left; the rest is padding
  int frames;
  int instances = 0;                 ///< objects, numbered from 1 (0 for soft targets)
  std::vector<std::uint8_t> images;  ///< [frames, 3, height, width] RGB
  /// [frames, height, width]: object of each pixel, in moving scenes also kUnlabelled, or a soft target 0..255.
  std::vector<std::uint8_t> labels;
  /// [frames, height, width]: what moves for itself, kMoves, kStays or kUnknown; empty where nobody can say.
  std::vector<std::uint8_t> moves;
  /// [frames, neighbours, kMotionPlanes, height, width]: motion_planes() as measured on the frames; empty: not known.
  std::vector<float> motion;
};

/// Fills everything outside `content` with the network's mean colour (zero after normalisation, as the
/// paper's inference pads) and with background.
void pad(Clip& clip);

/// Makes all frames that colour, so that only motion is to be seen.
void blank(Clip& clip);

/// Fewer pixels of an object in a whole clip are a speck.
inline constexpr int kLeastPixels = 12;

/// Numbers the objects 1, 2, ... and turns specks into background. `unlabelled`: kUnlabelled stays.
void renumber(Clip& clip, bool unlabelled = false);

/// How light changes within a clip.
struct Light {
  std::array<float, 3> change{};  ///< logarithm of each channel in the last frame to the first

  /// `strength` 1: the light grows or falls to 0.7 of itself (one standard deviation), its colour a little. 0 draws
  /// nothing.
  static Light draw(double strength, Random& random);
  /// Factors for a frame; 1 in the middle of the clip.
  std::array<float, 3> at(int frame, int frames) const;
};

/// How a camera sees a clip: gain and offset of each channel, saturation, noise and a blur, drawn once, and what
/// changes from frame to frame.
struct Look {
  float gain[3], offset, saturation, noise;
  int blur;  ///< passes
  Light light;
  int defocus = 0;  ///< more passes of blur towards the last frame, or, below 0, towards the first
  /// `appearance`: how much light and focus change; a third of the clips with 1 lose or find focus.
  static Look draw(double appearance, Random& random);
};
/// Applies it to the content of one frame.
void apply(const Look& look, Clip& clip, int frame, Random& random);

/// A canvas for videos of common shapes, as inference picks it (letterbox_fit) within the pixel budget.
Size draw_canvas(Random& random, std::int64_t pixels, int stride);

}  // namespace vcl::train
