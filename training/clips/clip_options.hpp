// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>

namespace vcl::train {

/// What natural clips look like and how things move in them (docs/training.md). Shares are between 0 and 1. The mix
/// decides what the class head learns: with few clips without paste it learns paste edges.
struct ClipOptions {
  double without_paste = 0.6;   ///< share of clips that show one photo only
  double without_object = 0.1;  ///< share of clips that show a part of a photo where no instance lies, up to 0.9
  double padded = 0.25;         ///< share of clips with a padded strip, as the letterbox makes it
  double smooth = 0.5;          ///< share of clips in which things move on; in the others every frame is drawn anew
  double curve = 0;    ///< how much smooth motion bends: 1: speeds change within a clip by as much as they vary, 0 to 2
  double camera = 0;   ///< share of smooth clips whose camera moves all things alike, and twice as fast
  double reorder = 0;  ///< share of clips with paste in which what was behind comes to the front, or the reverse
  double enter_leave = 0;  ///< share of pasted objects that come in, go out, or are away for a while
  double appearance = 0;   ///< how much light and focus change within a clip, 0 to 2
  int feather = 1;         ///< canvas pixels by which the border of a paste is softened to either side, 0 to 3
  double moving = 0;       ///< share of clips that are scenes before a moving camera (moving_scene.hpp)
  double blanked = 0.3;    ///< share of those, where motion is measured, that show nothing but motion

  bool operator==(const ClipOptions&) const = default;
};

/// By the names of the command line.
nlohmann::json settings_of(const ClipOptions& options);

}  // namespace vcl::train
