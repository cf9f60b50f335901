// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "training/clips/background.hpp"
#include "training/clips/clip.hpp"

namespace vcl::train {

/// An instance over the background of a clip: a cutout of another photo, or an instance of the background photo itself.
struct Layer {
  const Photo* photo = nullptr;
  std::uint8_t instance = 0;                ///< its label in the photo
  Box box;                                  ///< box around it, in photo pixels
  std::uint8_t id = 0;                      ///< its label in the clip
  std::vector<Affine> maps;                 ///< one per frame
  std::vector<std::array<float, 3>> gains;  ///< color gains, one per frame
};

/// The order of pastes and the background's own instances, which changes at frame `turn`. It is reversed before `turn`
/// if `reversed_first`, else from `turn` on.
struct Order {
  int turn = 0;
  bool reversed_first = false;

  static Order draw(int frames, Random& random);
  bool is_reversed(int frame) const { return (frame < turn) == reversed_first; }
};

/// Places two or three pastes, or as many as fit, over a clip that has the labels of its background.
std::vector<Layer> place_pastes(const ClipSource& source, const Background& background, const ClipOptions& options,
                                const Clip& clip, Random& random);

/// Returns the background's own instances that are visible in the clip.
std::vector<Layer> own_layers(const Background& background, const Clip& clip);

/// Draws the pastes over all frames of a clip that shows its background. Each lies over the earlier ones. In frames
/// with reversed order each lies below the earlier ones, and all lie below `own`.
void draw_pastes(const std::vector<Layer>& pastes, const std::vector<Layer>& own, const std::optional<Order>& order,
                 int feather, Clip& clip);

}  // namespace vcl::train
