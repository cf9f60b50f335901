// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/mapped_file.hpp"
#include "core/strict_json.hpp"
#include "vcl/coco.hpp"
#include "vcl/error.hpp"

namespace vcl {

using nlohmann::json;

namespace {

/// One entry of a list, for messages: "cuts.json: annotation 7".
struct Entry {
  const json& object;
  const std::string& what;

  [[noreturn]] void refuse(const std::string& why) const { throw Error(ErrorKind::Unreadable, what + ": " + why); }
  const json& member(const char* key) const {
    if (!object.is_object()) refuse("is no object");
    const auto found = object.find(key);
    if (found == object.end()) refuse(std::string("\"") + key + "\" is missing");
    return *found;
  }
  std::int64_t integer(const char* key) const {
    const json& value = member(key);
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX))
      refuse(std::string("\"") + key + "\" is no whole number");
    return value.get<std::int64_t>();
  }
};

/// A side in pixels; what is too large for a mask is refused by the product.
int side(const Entry& entry, std::int64_t value) {
  if (value < 1 || value > kMaxMaskPixels) entry.refuse("a side of " + std::to_string(value) + " pixels");
  return int(value);
}

CocoImage read_image(const Entry& entry) {
  const json& name = entry.member("file_name");
  if (!name.is_string()) entry.refuse("\"file_name\" is no text");
  const Size size{side(entry, entry.integer("width")), side(entry, entry.integer("height"))};
  if (std::int64_t(size.width) * size.height > kMaxMaskPixels) entry.refuse("more pixels than an image may have");
  return {entry.integer("id"), name.get<std::string>(), size};
}

Rle read_mask(const Entry& entry) {
  const json& segmentation = entry.member("segmentation");
  if (segmentation.is_array()) entry.refuse("polygons are not read; convert them to run lengths (RLE)");
  const Entry mask{segmentation, entry.what};
  const json &size = mask.member("size"), &counts = mask.member("counts");
  const auto is_side = [](const json& value) { return value.is_number_unsigned() && value <= kMaxMaskPixels; };
  if (!size.is_array() || size.size() != 2 || !is_side(size[0]) || !is_side(size[1]))
    entry.refuse("the mask's \"size\" is not [height, width]");
  const int height = side(entry, size[0].get<std::int64_t>()), width = side(entry, size[1].get<std::int64_t>());
  try {
    if (counts.is_string()) return rle_from_string(counts.get_ref<const std::string&>(), width, height);
    if (!counts.is_array()) entry.refuse("the mask's \"counts\" are neither text nor a list");
    std::vector<std::int64_t> runs;
    for (const json& run : counts) {
      if (!run.is_number_unsigned() || run > kMaxMaskPixels) entry.refuse("a run length is out of range");
      runs.push_back(run.get<std::int64_t>());
    }
    return rle_from_counts(runs, width, height);
  } catch (const Error& error) {
    throw Error(error.kind(), entry.what + ": " + error.what());
  }
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
  const MappedFile file(path);
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  std::size_t images = 0, annotations = 0;
  const auto take = [&](const std::string& list, const json& element) {
    if (list == "images") {
      const std::string what = path + ": image " + std::to_string(++images);
      image(read_image({element, what}));
    } else if (list == "annotations") {
      const std::string what = path + ": annotation " + std::to_string(++annotations);
      const Entry entry{element, what};
      annotation({entry.integer("image_id"), entry.integer("category_id"), read_mask(entry)});
    }
  };
  const json document = parse_strict_json(text, path, {}, take);
  for (const char* list : {"images", "annotations"})
    if (!document.is_object() || !document.contains(list) || !document[list].is_array())
      throw Error(ErrorKind::Unreadable,
                  path + ": is no COCO annotation file: it has no list \"" + std::string(list) + "\"");
  return read_info(document, path);
}

}  // namespace vcl
