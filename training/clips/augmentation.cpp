// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/augmentation.hpp"

#include <algorithm>

#include "training/clips/frame_steps.hpp"

namespace vcl::train {
namespace {

/// Values that are drawn once, for the first frame.
struct ClipDraw {
  int short_edge;
  bool mirrors;
};

ClipFrame draw_crop(const ClipFrame& photo, const Augmentation& options, Draws& draws) {
  const auto side = [&](int whole) {
    return draws.integer(std::min(whole, options.least_crop), std::min(whole, options.most_crop));
  };
  const int height = side(photo.size.height), width = side(photo.size.width);
  const int y = draws.integer(0, photo.size.height - height), x = draws.integer(0, photo.size.width - width);
  return cropped(photo, x, y, {width, height});
}

void draw_light(ClipFrame& frame, Draws& draws) {
  constexpr double kLeast = 0.9, kMost = 1.1;
  blend(frame, float(draws.uniform(kLeast, kMost)), 0);
  const double contrast = draws.uniform(kLeast, kMost);
  blend(frame, float(contrast), float((1 - contrast) * mean_value(frame)));
}

ClipFrame draw_rotation(const ClipFrame& frame, Draws& draws) {
  constexpr double kMostDegrees = 15, kLeastCentre = 0.4, kMostCentre = 0.6;
  const double degrees = draws.uniform(-kMostDegrees, kMostDegrees);
  const double x = draws.uniform(kLeastCentre, kMostCentre), y = draws.uniform(kLeastCentre, kMostCentre);
  return rotated(frame, degrees, x * frame.size.width, y * frame.size.height);
}

void mark_empty_rows(ClipFrame& frame) {
  for (std::size_t row = 0; row < frame.masks.size(); ++row)
    if (std::ranges::none_of(frame.masks[row], [](std::uint8_t value) { return value != 0; })) frame.ids[row] = -1;
}

/// `frame_at(t)` returns the input of frame t.
template <typename FrameAt>
FrameClip augment(int frames, FrameAt frame_at, const Augmentation& options, Draws& draws) {
  FrameClip clip;
  ClipDraw shared{};
  for (int t = 0; t < frames; ++t) {
    ClipFrame frame = options.most_crop > 0 ? draw_crop(frame_at(t), options, draws) : frame_at(t);
    if (t == 0) {
      shared.short_edge = options.short_edges[std::size_t(draws.choice(int(options.short_edges.size()), 1)[0])];
      shared.mirrors = draws.uniform(0, 1) < 0.5;
    }
    frame = resized(frame, resized_sides(frame.size, shared.short_edge, options.longest));
    if (shared.mirrors) frame = mirrored(frame);
    draw_light(frame, draws);
    clip.push_back(draw_rotation(frame, draws));
    mark_empty_rows(clip.back());
  }
  return clip;
}

}  // namespace

FrameClip augmented_clip(const ClipFrame& photo, int frames, const Augmentation& options, Draws& draws) {
  return augment(
      frames, [&](int) -> const ClipFrame& { return photo; }, options, draws);
}

FrameClip augmented_clip(const FrameClip& frames, const Augmentation& options, Draws& draws) {
  return augment(
      int(frames.size()), [&](int t) -> const ClipFrame& { return frames[std::size_t(t)]; }, options, draws);
}

}  // namespace vcl::train
