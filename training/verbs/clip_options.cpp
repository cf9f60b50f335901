// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <string>

#include "training/verbs/verbs.hpp"

namespace vcl::train {
namespace {

/// Replaces CLI::Range, which accepts "nan".
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
  add("--without-paste", options.without_paste, 1, "Share of clips that show only one photo with its own objects");
  add("--without-object", options.without_object, 0.9, "Share of clips without any object");
  add("--padded", options.padded, 1, "Share of clips with a padded strip, like the letterbox at inference");
  add("--smooth", options.smooth, 1, "Share of clips that move smoothly; in the others every frame is drawn anew");
  add("--curve", options.curve, 2,
      "How much the paths of smooth clips bend; 1: speeds change within a clip as much as they vary among clips");
  add("--camera", options.camera, 1,
      "Share of smooth clips whose camera moves the whole scene with its pastes, twice as fast");
  add("--reorder", options.reorder, 1, "Share of clips with pastes in which an object behind comes to the front");
  add("--enter-leave", options.enter_leave, 1, "Share of pasted objects that enter, leave, or leave and return");
  add("--appearance", options.appearance, 2, "How much light and focus change within a clip");
  add("--moving", options.moving, 1, "Share of clips with a moving camera and objects that move by themselves");
  add("--blanked", options.blanked, 1, "Share of moving clips in which a network with motion sees only motion");
  add("--feather", options.feather, 3, "Pixels by which the borders of pastes are softened on either side");
}

}  // namespace vcl::train
