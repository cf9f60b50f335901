// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/painting.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <utility>

#include "vcl/error.hpp"

namespace vcl {
namespace {

using gstvcl::Scene;
using gstvcl::Style;

// The names of --show. Each is a switch of the scene and a property of vcl-overlay.
constexpr std::array<std::pair<const char*, bool Scene::*>, 6> kParts = {{{"masks", &Scene::masks},
                                                                          {"contours", &Scene::contours},
                                                                          {"boxes", &Scene::boxes},
                                                                          {"ids", &Scene::ids},
                                                                          {"scores", &Scene::scores},
                                                                          {"trails", &Scene::trails}}};

constexpr std::array<std::pair<const char*, Style>, 4> kStyles = {
    {{"paint", Style::Paint}, {"blur", Style::Blur}, {"mosaic", Style::Mosaic}, {"cutout", Style::Cutout}}};

template <typename Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& [name, _] : table) names.emplace_back(name);
  return names;
}

}  // namespace

Style Painting::hiding() const {
  for (const auto& [name, value] : kStyles)
    if (style == name) return value;
  return Style::Paint;
}

Scene Painting::scene() const {
  Scene scene;
  if (show)
    for (const auto& [name, part] : kParts) scene.*part = std::ranges::find(*show, name) != show->end();
  if (palette) scene.palette = gstvcl::parse_palette(*palette);
  return scene;
}

void add_painting(CLI::App* verb, Painting& painting) {
  verb->add_option("--style", painting.style,
                   "what the painted video and the sheet do with the objects: paint them (the default), or hide them "
                   "for good: blur, mosaic or cutout (gray)")
      ->check(CLI::IsMember(names_of(kStyles)));
  verb->add_option("--show", painting.show,
                   "what is painted: any of masks,contours,boxes,ids,scores,trails (default masks,contours,ids,scores)")
      ->delimiter(',')
      ->option_text("LIST")
      ->check(CLI::IsMember(names_of(kParts)));
  verb->add_option("--palette", painting.palette,
                   "colors of the objects, taken in turn: hexadecimal digits RRGGBB with commas between, such as "
                   "e6194b,3cb44b")
      ->option_text("COLORS");
}

void check_painting(const Painting& painting, bool paints) {
  painting.scene();
  if (painting.is_set() && !paints)
    throw Error(ErrorKind::Invalid,
                "--style, --show and --palette are for painted videos and sheets, and none is written; name one with "
                "--overlay, --contact-sheet or --out");
  if (painting.hiding() != Style::Paint && (painting.show || painting.palette))
    throw Error(ErrorKind::Invalid, "--show and --palette say how objects are painted, and --style " + *painting.style +
                                        " hides them; leave one of them out");
}

void set_painting(GstElement* overlay, const Painting& painting) {
  if (painting.style) gst_util_set_object_arg(G_OBJECT(overlay), "style", painting.style->c_str());
  if (painting.palette) g_object_set(overlay, "palette", painting.palette->c_str(), nullptr);
  if (!painting.show) return;
  const Scene scene = painting.scene();
  for (const auto& [name, part] : kParts) g_object_set(overlay, name, gboolean(scene.*part), nullptr);
}

}  // namespace vcl
