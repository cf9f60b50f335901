// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/clip_options.hpp"

namespace vcl::train {

nlohmann::json settings_of(const ClipOptions& options) {
  return {{"without_paste", options.without_paste},
          {"without_object", options.without_object},
          {"padded", options.padded},
          {"smooth", options.smooth},
          {"curve", options.curve},
          {"camera", options.camera},
          {"reorder", options.reorder},
          {"enter_leave", options.enter_leave},
          {"appearance", options.appearance},
          {"moving", options.moving},
          {"blanked", options.blanked},
          {"feather", options.feather}};
}

}  // namespace vcl::train
