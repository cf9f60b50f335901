// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/json.hpp"

#include <algorithm>
#include <set>

#include "libvcl/files/strict_json.hpp"
#include "libvcl/results/short_double.hpp"
#include "vcl/error.hpp"

namespace vcl {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

ordered_json to_json(const Rle& mask) {
  return {{"size", {mask.height, mask.width}}, {"counts", rle_to_string(mask)}};
}

ordered_json to_json(const Instance& instance) {
  const Box& box = instance.box;
  return {{"id", instance.track_id},
          {"score", short_double(instance.score)},
          {"bbox", {box.x, box.y, box.width, box.height}},
          {"area", instance.area},
          {"segmentation", to_json(instance.mask)}};
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::Unreadable, "JSON line: " + why);
}

const json& member(const json& object, const char* key) {
  if (!object.is_object()) refuse("an object with \"" + std::string(key) + "\" is missing");
  const auto found = object.find(key);
  if (found == object.end()) refuse("\"" + std::string(key) + "\" is missing");
  return *found;
}

std::uint64_t count(const json& object, const char* key, std::uint64_t most = UINT64_MAX) {
  const json& value = member(object, key);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) {
    refuse("\"" + std::string(key) + "\" is no whole number in its range");
  }
  return value.get<std::uint64_t>();
}

/// Reads a list of exactly `n` sizes or positions.
std::vector<int> integers(const json& object, const char* key, std::size_t n) {
  const json& list = member(object, key);
  const auto fits = [](const json& value) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= INT32_MAX;
  };
  if (!list.is_array() || list.size() != n || !std::ranges::all_of(list, fits)) {
    refuse("\"" + std::string(key) + "\" is no list of " + std::to_string(n) + " whole numbers");
  }
  return list.get<std::vector<int>>();
}

Rle read_mask(const json& segmentation) {
  const std::vector<int> size = integers(segmentation, "size", 2);
  const json& counts = member(segmentation, "counts");
  if (counts.is_string()) return rle_from_string(counts.get_ref<const std::string&>(), size[1], size[0]);
  const auto is_run = [](const json& value) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= UINT32_MAX;
  };
  if (!counts.is_array() || !std::ranges::all_of(counts, is_run))
    refuse("\"counts\" is neither text nor a list of runs");
  return rle_from_counts(counts.get<std::vector<std::int64_t>>(), size[1], size[0]);
}

Instance read_instance(const json& entry, Size size) {
  Instance instance;
  instance.track_id = count(entry, "id");
  if (instance.track_id == 0) refuse("an \"id\" is 0: ids begin at 1");
  const json& score = member(entry, "score");
  if (!score.is_number() || !(score.get<double>() >= 0 && score.get<double>() <= 1)) {
    refuse("\"score\" is no number from 0 to 1");
  }
  instance.score = score.get<float>();
  instance.mask = read_mask(member(entry, "segmentation"));
  if (Size{instance.mask.width, instance.mask.height} != size) refuse("a mask has another size than its frame");
  const std::vector<int> box = integers(entry, "bbox", 4);
  instance.box = {box[0], box[1], box[2], box[3]};
  instance.area = count(entry, "area");
  if (instance.box != rle_box(instance.mask) || instance.area != rle_area(instance.mask)) {
    refuse("\"bbox\" or \"area\" is not that of the mask");
  }
  return instance;
}

}  // namespace

std::string frame_to_json(const FrameResult& frame, std::string_view utc) {
  ordered_json line{{"frame", frame.frame}, {"pts", frame.pts < 0 ? ordered_json(nullptr) : ordered_json(frame.pts)}};
  if (!utc.empty()) line["utc"] = utc;
  line.update({{"width", frame.size.width},
               {"height", frame.size.height},
               {"stale", frame.stale},
               {"instances", ordered_json::array()}});
  for (const Instance& instance : frame.instances) line["instances"].push_back(to_json(instance));
  return line.dump();
}

FrameResult frame_from_json(std::string_view text) {
  const json line = parse_strict_json(text, "JSON line", {});
  FrameResult frame;
  frame.frame = count(line, "frame");
  frame.pts = member(line, "pts").is_null() ? -1 : std::int64_t(count(line, "pts", INT64_MAX));
  frame.size.width = int(count(line, "width", INT32_MAX));
  frame.size.height = int(count(line, "height", INT32_MAX));
  const json& stale = member(line, "stale");
  if (!stale.is_boolean()) refuse("\"stale\" is neither true nor false");
  frame.stale = stale.get<bool>();
  const json& instances = member(line, "instances");
  if (!instances.is_array()) refuse("\"instances\" is no list");
  std::set<std::uint64_t> ids;
  for (const json& entry : instances) {
    frame.instances.push_back(read_instance(entry, frame.size));
    if (!ids.insert(frame.instances.back().track_id).second) refuse("two instances have the same \"id\"");
  }
  return frame;
}

}  // namespace vcl
