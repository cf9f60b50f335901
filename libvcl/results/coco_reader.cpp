// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/results/json_entry.hpp"
#include "vcl/coco.hpp"
#include "vcl/error.hpp"

namespace vcl {

using nlohmann::json;

namespace {

CocoImage read_image(const JsonEntry& entry) {
  return {entry.integer("id"), entry.text("file_name"), entry.size()};
}

CocoInfo read_info(const json& document, const std::string& path) {
  CocoInfo info;
  const json about = document.value("info", json::object());
  if (!about.is_object()) throw Error(ErrorKind::Unreadable, path + ": \"info\" is no object");
  if (about.contains("description") && about["description"].is_string()) info.description = about["description"];
  const json settings = about.value("settings", json::object());
  for (const auto& [key, value] : settings.items())
    info.settings[key] = value.is_string() ? value.get<std::string>() : value.dump();
  return info;
}

}  // namespace

CocoInfo read_coco(const std::string& path, const std::function<void(const CocoImage&)>& image,
                   const std::function<void(const CocoAnnotation&)>& annotation) {
  const json document = read_lists(path, {{"images", [&](const JsonEntry& entry) { image(read_image(entry)); }},
                                          {"annotations", [&](const JsonEntry& entry) {
                                             annotation({entry.integer("image_id"), entry.integer("category_id"),
                                                         read_rle(entry.member("segmentation"), entry.what)});
                                           }}});
  return read_info(document, path);
}

}  // namespace vcl
