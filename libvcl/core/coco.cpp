// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/coco.hpp"

#include <nlohmann/json.hpp>

#include "vcl/error.hpp"

namespace vcl {

using nlohmann::ordered_json;

namespace {

/// Adds an object; a file name that is no UTF-8 is written with replacement characters.
void append(std::string& list, const ordered_json& object) {
  if (!list.empty()) list += ",\n";
  list += object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

void CocoAnnotations::add(const std::string& file_name, Size size, std::span<const Mask> masks) {
  for (const Mask& mask : masks)
    if (mask.width != size.width || mask.height != size.height)
      throw Error(ErrorKind::Invalid, "a mask has another size than its image " + file_name);
  append(image_list_, {{"id", ++images_},
                       {"file_name", file_name},
                       {"width", size.width},
                       {"height", size.height},
                       {"date_captured", ""},
                       {"license", 1},
                       {"coco_url", ""},
                       {"flickr_url", ""}});
  for (const Mask& mask : masks) {
    const Rle rle = rle_encode(mask);
    const std::uint64_t area = rle_area(rle);
    if (area == 0) continue;
    const Box box = rle_box(rle);
    append(annotation_list_, {{"id", ++annotations_},
                              {"image_id", images_},
                              {"category_id", 1},
                              {"iscrowd", 0},
                              {"area", area},
                              {"bbox", {double(box.x), double(box.y), double(box.width), double(box.height)}},
                              {"segmentation", {{"size", {size.height, size.width}}, {"counts", rle_to_string(rle)}}},
                              {"width", size.width},
                              {"height", size.height}});
  }
}

std::string CocoAnnotations::to_json() const {
  const ordered_json info = {{"description", description_}, {"url", ""},         {"version", "1.0"}, {"year", 0},
                             {"contributor", ""},           {"date_created", ""}};
  const ordered_json licenses = ordered_json::array({{{"id", 1}, {"name", "unknown"}, {"url", ""}}});
  const ordered_json categories = ordered_json::array({{{"id", 1}, {"name", "fg"}, {"supercategory", "fg"}}});
  return "{\"info\":" + info.dump(-1, ' ', false, ordered_json::error_handler_t::replace) +
         ",\n\"licenses\":" + licenses.dump() + ",\n\"categories\":" + categories.dump() + ",\n\"images\":[" +
         image_list_ + "],\n\"annotations\":[" + annotation_list_ + "]}\n";
}

}  // namespace vcl
