// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/labels/annotation_record.hpp"

#include <nlohmann/json.hpp>

#include "vcl/error.hpp"

namespace vcl::train {

using nlohmann::json;

std::string to_text(const AnnotationRecord& record) {
  json masks = json::array();
  for (const Rle& mask : record.masks) masks.push_back(rle_to_string(mask));
  json text = {{"width", record.size.width}, {"height", record.size.height}, {"masks", std::move(masks)}};
  if (!record.error.empty()) text = {{"error", record.error}};
  return text.dump(-1, ' ', false, json::error_handler_t::replace);
}

AnnotationRecord read_record(const Journal& journal, std::size_t photo) {
  const std::vector<std::byte> bytes = journal.read(photo);
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  AnnotationRecord record;
  try {
    const json fields = json::parse(text, text + bytes.size());
    if (fields.contains("error")) return {.error = fields["error"]};
    record.size = {fields.at("width"), fields.at("height")};
    for (const json& mask : fields.at("masks"))
      record.masks.push_back(
          rle_from_string(mask.get_ref<const std::string&>(), record.size.width, record.size.height));
  } catch (const json::exception& error) {
    throw Error(ErrorKind::Unreadable, std::string("the journal is damaged; remove it: ") + error.what());
  }
  return record;
}

}  // namespace vcl::train
