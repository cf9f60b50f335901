// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>

namespace vcl::train {

/// How natural clips look and how things move in them (docs/training.md). Shares are between 0 and 1. The mix decides
/// what the class head learns: if few clips are without pastes, it learns paste edges.
struct ClipOptions {
  double without_paste = 0.6;   ///< share of clips that show only one photo
  double without_object = 0.1;  ///< share of clips that show a part of a photo without instances, up to 0.9
  double padded = 0.25;         ///< share of clips with a padded strip, as letterboxing makes it
  double smooth = 0.5;          ///< share of clips with continuous motion; in the others each frame is drawn anew
  double curve = 0;             ///< change of speed in smooth clips; 1: as large as the spread of speeds; 0 to 2
  double camera = 0;            ///< share of smooth clips whose camera moves everything together, twice as fast
  double reorder = 0;           ///< share of clips with pastes in which front and back change places
  double enter_leave = 0;       ///< share of pasted objects that enter, leave, or are away for some frames
  double appearance = 0;        ///< how much light and focus change within a clip, 0 to 2
  int feather = 1;              ///< canvas pixels by which the border of a paste is softened on each side, 0 to 3
  double moving = 0;            ///< share of clips that are scenes filmed by a moving camera (moving_scene.hpp)
  double blanked = 0.3;         ///< share of those with measured motion that show nothing but motion

  bool operator==(const ClipOptions&) const = default;
};

/// Returns the options by their command line names.
nlohmann::json settings_of(const ClipOptions& options);

}  // namespace vcl::train
