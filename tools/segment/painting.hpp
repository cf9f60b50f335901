// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>
#include <vector>

#include "plugins/overlay/hide.hpp"
#include "plugins/overlay/scene.hpp"

namespace CLI {
class App;
}

namespace vcl {

/// How to paint frames and photos. Options that are not set have the defaults of vcl-overlay.
struct Painting {
  std::optional<std::string> style, palette;
  std::optional<std::vector<std::string>> show;

  bool is_set() const { return style || palette || show; }
  gstvcl::Style hiding() const;  ///< Style::Paint if nothing is hidden
  gstvcl::Scene scene() const;   ///< throws Error(Invalid) if the palette is malformed
};

/// Adds --style, --show and --palette.
void add_painting(CLI::App* verb, Painting& painting);

/// Throws Error(Invalid) if options exclude one another, or if they have no effect because nothing is painted.
void check_painting(const Painting& painting, bool paints);

/// Sets the properties of a vcl-overlay.
void set_painting(GstElement* overlay, const Painting& painting);

}  // namespace vcl
