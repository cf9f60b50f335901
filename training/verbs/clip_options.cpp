// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <string>

#include "training/verbs/verbs.hpp"

namespace vcl::train {
namespace {

/// CLI::Range takes "nan" for a number within.
CLI::Validator up_to(double most) {
  const std::string range = CLI::detail::to_string(most);
  return CLI::Validator(
      [=](std::string& text) {
        double value = 0;
        const bool fits = CLI::detail::lexical_cast(text, value) && value >= 0 && value <= most;
        return fits ? std::string() : text + " is not in the range from 0 to " + range;
      },
      "0 to " + range);
}

}  // namespace

void add_clip_options(CLI::App& verb, ClipOptions& options) {
  const auto add = [&](const char* name, auto& value, double most, const char* what) {
    verb.add_option(name, value, what)->capture_default_str()->check(up_to(most))->group("Natural clips");
  };
  add("--without-paste", options.without_paste, 1, "Share of clips that show one photo only");
  add("--without-object", options.without_object, 0.9, "Share of clips without any object");
  add("--padded", options.padded, 1, "Share of clips with a padded strip, as the letterbox makes it");
  add("--smooth", options.smooth, 1, "Share of clips that move on; in the others every frame is drawn anew");
  add("--curve", options.curve, 2, "How much smooth motion bends; 1: speeds change by as much as they vary");
  add("--camera", options.camera, 1, "Share of smooth clips whose camera moves pasted objects too, twice as fast");
  add("--reorder", options.reorder, 1, "Share of clips with pastes in which what was behind comes to the front");
  add("--enter-leave", options.enter_leave, 1, "Share of pasted objects that come in, go out, or are away for a while");
  add("--appearance", options.appearance, 2, "How much light and focus change within a clip");
  add("--moving", options.moving, 1, "Share of clips in which a camera moves and things move for themselves before it");
  add("--blanked", options.blanked, 1, "Share of moving clips that show a network with motion nothing else");
  add("--feather", options.feather, 3, "Pixels by which borders of pastes are softened to either side");
}

}  // namespace vcl::train
