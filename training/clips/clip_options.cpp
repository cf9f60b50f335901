// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/clip_options.hpp"

namespace vcl::train {

nlohmann::json settings_of(const ClipOptions& o) {
  return {{"without_paste", o.without_paste},
          {"without_object", o.without_object},
          {"padded", o.padded},
          {"smooth", o.smooth},
          {"curve", o.curve},
          {"camera", o.camera},
          {"reorder", o.reorder},
          {"enter_leave", o.enter_leave},
          {"appearance", o.appearance},
          {"moving", o.moving},
          {"blanked", o.blanked},
          {"feather", o.feather}};
}

}  // namespace vcl::train
