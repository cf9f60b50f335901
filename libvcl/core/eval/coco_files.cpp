// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/eval/coco_files.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/strict_json.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using nlohmann::json;

/// Prefixes errors with the file and the entry that they are about.
template <typename Read>
auto at_entry(const std::string& path, const std::string& list, std::size_t index, Read read) {
  const auto where = [&] { return path + ": " + list + "[" + std::to_string(index) + "]: "; };
  try {
    return read();
  } catch (const Error& error) {
    throw Error(error.kind(), where() + error.what());
  } catch (const json::exception&) {
    throw Error(ErrorKind::Unreadable, where() + "a key is missing or its value is of another kind than COCO's");
  }
}

json read_document(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::NotFound, path + ": cannot be opened");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse_strict_json(text, path, {});
}

std::int64_t whole_number(const json& value, const char* key) {
  if (!value.at(key).is_number_integer()) throw Error(ErrorKind::Unreadable, std::string(key) + " is no whole number");
  return value.at(key).get<std::int64_t>();
}

double finite_number(const json& value, const char* key) {
  const double number = value.at(key).is_number() ? value.at(key).get<double>() : std::nan("");
  if (!std::isfinite(number)) throw Error(ErrorKind::Unreadable, std::string(key) + " is no finite number");
  return number;
}

Size size_of(std::int64_t width, std::int64_t height) {
  if (width < 1 || height < 1 || width > kMaxMaskPixels || height > kMaxMaskPixels / width)
    throw Error(ErrorKind::Unreadable,
                "an image of " + std::to_string(width) + "x" + std::to_string(height) + " pixels is empty or absurd");
  return {int(width), int(height)};
}

Rle mask_of(const json& entry, Size size) {
  const json& segmentation = entry.at("segmentation");
  if (!segmentation.is_object())
    throw Error(ErrorKind::Unreadable, "the segmentation is no run lengths; convert polygons to RLE");
  const json& stated = segmentation.at("size");
  if (!stated.is_array() || stated.size() != 2 || stated[0] != size.height || stated[1] != size.width)
    throw Error(ErrorKind::Unreadable, "the mask's size is not that of its image, " + std::to_string(size.width) + "x" +
                                           std::to_string(size.height));
  const json& counts = segmentation.at("counts");
  if (counts.is_string()) return rle_from_string(counts.get_ref<const std::string&>(), size.width, size.height);
  std::vector<std::int64_t> runs;
  for (const json& run : counts) {
    if (!run.is_number_integer()) throw Error(ErrorKind::Unreadable, "a run length is no whole number");
    runs.push_back(run.get<std::int64_t>());
  }
  return rle_from_counts(runs, size.width, size.height);
}

const CocoImage& image_of(const CocoTruths& truths, std::int64_t id) {
  const auto found = truths.images.find(id);
  if (found == truths.images.end())
    throw Error(ErrorKind::Unreadable, "there is no image " + std::to_string(id) + " in the ground truth");
  return found->second;
}

/// Reads each entry of a list to (category, value); the values by category, else as in the list.
template <typename Value, typename Read>
std::vector<Value> read_list(const std::string& path, const std::string& name, const json& list, Read read) {
  if (!list.is_array()) throw Error(ErrorKind::Unreadable, path + ": " + name + " should be a list");
  std::vector<std::pair<std::int64_t, Value>> entries;
  for (std::size_t i = 0; i < list.size(); ++i)
    at_entry(path, name, i, [&] { entries.emplace_back(whole_number(list[i], "category_id"), read(list[i])); });
  std::ranges::stable_sort(entries, {}, &std::pair<std::int64_t, Value>::first);
  std::vector<Value> values;
  for (auto& [category, value] : entries) values.push_back(std::move(value));
  return values;
}

}  // namespace

CocoTruths read_coco_truths(const std::string& path) {
  const json document = read_document(path);
  if (!document.is_object() || !document.contains("images") || !document["images"].is_array() ||
      !document.contains("annotations"))
    throw Error(ErrorKind::Unreadable, path + ": no COCO ground truth: it has no lists of images and annotations");
  CocoTruths truths;
  for (std::size_t i = 0; i < document["images"].size(); ++i)
    at_entry(path, "images", i, [&] {
      const json& image = document["images"][i];
      const CocoImage read{whole_number(image, "id"), image.value("file_name", ""),
                           size_of(whole_number(image, "width"), whole_number(image, "height"))};
      if (!truths.images.emplace(read.id, read).second)
        throw Error(ErrorKind::Unreadable, "another image has the same id");
    });
  truths.truths = read_list<CocoTruth>(path, "annotations", document["annotations"], [&](const json& entry) {
    const std::int64_t image = whole_number(entry, "image_id");
    const bool crowd = entry.contains("iscrowd") && whole_number(entry, "iscrowd") != 0;
    return CocoTruth{image, mask_of(entry, image_of(truths, image).size), finite_number(entry, "area"), crowd};
  });
  return truths;
}

std::vector<CocoResult> read_coco_results(const std::string& path, const CocoTruths& truths) {
  return read_list<CocoResult>(path, "results", read_document(path), [&](const json& entry) {
    const std::int64_t image = whole_number(entry, "image_id");
    return CocoResult{image, mask_of(entry, image_of(truths, image).size), finite_number(entry, "score")};
  });
}

}  // namespace vcl
