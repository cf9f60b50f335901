// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/results/json_entry.hpp"

#include <cmath>

#include "libvcl/files/mapped_file.hpp"
#include "libvcl/files/strict_json.hpp"
#include "vcl/error.hpp"

namespace vcl {

using nlohmann::json;

namespace {

std::string quoted(const char* key) {
  return std::string("\"") + key + "\"";
}

/// Checks a side in pixels. The product of both sides is checked separately.
int side(const std::string& what, std::int64_t value) {
  if (value < 1 || value > kMaxMaskPixels)
    throw Error(ErrorKind::Unreadable, what + ": a side of " + std::to_string(value) + " pixels");
  return int(value);
}

Size checked_size(const std::string& what, std::int64_t width, std::int64_t height) {
  const Size size{side(what, width), side(what, height)};
  if (std::int64_t(size.width) * size.height > kMaxMaskPixels)
    throw Error(ErrorKind::Unreadable, what + ": more pixels than an image may have");
  return size;
}

Rle read_counts(const json& counts, Size size, const JsonEntry& mask) {
  if (counts.is_string()) return rle_from_string(counts.get_ref<const std::string&>(), size.width, size.height);
  if (!counts.is_array()) mask.refuse("the mask's \"counts\" are neither text nor a list");
  std::vector<std::int64_t> runs;
  for (const json& run : counts) {
    if (!run.is_number_unsigned() || run > kMaxMaskPixels) mask.refuse("a run length is out of range");
    runs.push_back(run.get<std::int64_t>());
  }
  return rle_from_counts(runs, size.width, size.height);
}

}  // namespace

void JsonEntry::refuse(const std::string& why) const {
  throw Error(ErrorKind::Unreadable, what + ": " + why);
}

bool JsonEntry::has(const char* key) const {
  return object.is_object() && object.contains(key);
}

const json& JsonEntry::member(const char* key) const {
  if (!object.is_object()) refuse("is no object");
  const auto found = object.find(key);
  if (found == object.end()) refuse(quoted(key) + " is missing");
  return *found;
}

std::int64_t JsonEntry::integer(const char* key) const {
  const json& value = member(key);
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX))
    refuse(quoted(key) + " is no whole number");
  return value.get<std::int64_t>();
}

double JsonEntry::number(const char* key) const {
  const json& value = member(key);
  if (!value.is_number() || !std::isfinite(value.get<double>())) refuse(quoted(key) + " is no finite number");
  return value.get<double>();
}

const std::string& JsonEntry::text(const char* key) const {
  const json& value = member(key);
  if (!value.is_string()) refuse(quoted(key) + " is no text");
  return value.get_ref<const std::string&>();
}

const json& JsonEntry::list(const char* key) const {
  const json& value = member(key);
  if (!value.is_array()) refuse(quoted(key) + " is no list");
  return value;
}

Size JsonEntry::size() const {
  return checked_size(what, integer("width"), integer("height"));
}

Rle read_rle(const json& segmentation, const std::string& what) {
  const JsonEntry mask{segmentation, what};
  if (segmentation.is_array()) mask.refuse("polygons are not read; convert them to run lengths (RLE)");
  const json& size = mask.member("size");
  const auto is_side = [](const json& value) { return value.is_number_unsigned() && value <= kMaxMaskPixels; };
  if (!size.is_array() || size.size() != 2 || !is_side(size[0]) || !is_side(size[1]))
    mask.refuse("the mask's \"size\" is not [height, width]");
  const Size checked = checked_size(what, size[1].get<std::int64_t>(), size[0].get<std::int64_t>());
  try {
    return read_counts(mask.member("counts"), checked, mask);
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with(what)) throw;
    throw Error(error.kind(), what + ": " + message);
  }
}

Rle read_rle(const json& segmentation, Size size, const std::string& what) {
  Rle mask = read_rle(segmentation, what);
  if (mask.width != size.width || mask.height != size.height)
    throw Error(ErrorKind::Unreadable, what + ": a mask of " + std::to_string(mask.width) + "x" +
                                           std::to_string(mask.height) + " pixels, where frames have " +
                                           std::to_string(size.width) + "x" + std::to_string(size.height));
  return mask;
}

json read_lists(const std::string& path, const ListReaders& readers) {
  const MappedFile file(path);
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  std::map<std::string, std::size_t> counts;
  const auto take = [&](const std::string& list, const json& element) {
    const auto reader = readers.find(list);
    if (reader == readers.end()) return;
    reader->second({element, path + ": " + list + "[" + std::to_string(counts[list]++) + "]"});
  };
  json document = parse_strict_json(text, path, {}, take);
  for (const auto& [list, read] : readers) {
    if (list.empty() ? document.is_array() : document.contains(list) && document[list].is_array()) continue;
    throw Error(ErrorKind::Unreadable, path + ": " + (list.empty() ? "is no list" : "has no list \"" + list + "\""));
  }
  return document;
}

}  // namespace vcl
