// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "training/clips/background.hpp"
#include "training/clips/clip.hpp"

namespace vcl::train {

/// An instance that lies over the background of a clip: a cutout of another photo, or one of the background's own.
struct Layer {
  const Photo* photo = nullptr;
  std::uint8_t instance = 0;                ///< in the photo
  Box box;                                  ///< around it, photo pixels
  std::uint8_t id = 0;                      ///< its label in the clip
  std::vector<Affine> maps;                 ///< of each frame
  std::vector<std::array<float, 3>> gains;  ///< of its colours in each frame
};

/// Where pastes and the background's own instances change their order: before or after frame `turn` it is the reverse,
/// so that what was behind is in front.
struct Order {
  int turn = 0;
  bool reversed_first = false;

  static Order draw(int frames, Random& random);
  bool is_reversed(int frame) const { return (frame < turn) == reversed_first; }
};

/// Two or three pastes, or as many as can be placed, over a clip that has its background's labels.
std::vector<Layer> place_pastes(const ClipSource& source, const Background& background, const ClipOptions& options,
                                const Clip& clip, Random& random);

/// The background's own instances that the clip shows.
std::vector<Layer> own_layers(const Background& background, const Clip& clip);

/// Draws the pastes over all frames of a clip that shows its background, each over those before it; where the order is
/// reversed, each below them and all below `own`.
void draw_pastes(const std::vector<Layer>& pastes, const std::vector<Layer>& own, const std::optional<Order>& order,
                 int feather, Clip& clip);

}  // namespace vcl::train
