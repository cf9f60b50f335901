// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/run_record.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "support/json_text.hpp"
#include "tools/output.hpp"
#include "tools/segment/result_folders.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string place_of(const std::string& folder) {
  return (fs::path(folder) / kRecord).string();
}

/// Describes files so that changes are noticed: their number, their bytes and the latest time of change.
Json state_of_files(const std::vector<std::string>& files) {
  std::uintmax_t bytes = 0;
  std::int64_t modified = 0;
  for (const std::string& file : files) {
    std::error_code failure;
    if (const std::uintmax_t size = fs::file_size(file, failure); !failure) bytes += size;
    const fs::file_time_type time = fs::last_write_time(file, failure);
    if (!failure)
      modified = std::max<std::int64_t>(modified, fs::file_time_type::clock::to_sys(time).time_since_epoch().count());
  }
  return {{"files", files.size()}, {"bytes", bytes}, {"modified", modified}};
}

Json state_of(const Input& input) {
  if (input.images.empty() && !input.path.empty()) return state_of_files({input.path});
  return state_of_files(input.images);
}

/// Describes a mask file by its name and its state.
Json mask_of(const std::string& file) {
  Json mask = state_of_files({file});
  mask["file"] = file;
  return mask;
}

/// Returns all settings that change results, if they are set.
Json settings_of(const SegmentOptions& options) {
  Json settings = Json::object();
  const auto add = [&settings](const char* name, const auto& value) {
    if (value) settings[name] = *value;
  };
  for_each_setting(options, add);
  add("fps", options.fps);
  if (options.precision == Precision::Bf16) settings["precision"] = "bf16";
  add("style", options.painting.style);
  add("show", options.painting.show);
  add("palette", options.painting.palette);
  if (options.whole) settings["whole"] = true;
  if (options.deinterlace) settings["deinterlace"] = true;
  if (!options.mask.empty()) settings["mask"] = mask_of(options.mask);
  if (!options.coding.codec.empty()) settings["codec"] = options.coding.codec;
  add("quality", options.coding.quality);
  if (options.bits != SegmentOptions().bits) settings["bits"] = options.bits;
  if (!options.range.is_all()) settings["range"] = options.range.describe();
  return settings;
}

/// Returns the value as it is read back from a file, because strings may hold any bytes.
Json as_read(const Json& value) {
  return Json::parse(json_text(value));
}

}  // namespace

bool has_complete_results(const std::string& folder, const SegmentOptions& options, const Input& input) {
  std::ifstream file(place_of(folder));
  const Json record = Json::parse(file, nullptr, false);
  const bool is_known = !input.path.empty() || !input.images.empty();
  if (input.is_standard_input() || !record.is_object()) return false;
  if (!is_known && record.value("file", Json()) != as_read(Json(input.name))) return false;
  if (record.value("input", Json()) != as_read(state_of(input)) ||
      record.value("settings", Json()) != as_read(settings_of(options)))
    return false;
  const Json made = record.value("results", Json::array());
  return std::ranges::all_of(result_kinds(), [&](const ResultKind& kind) {
    std::error_code failure;
    return !kind.is_wanted(options) || (std::ranges::find(made, Json(kind.name)) != made.end() &&
                                        fs::exists(fs::path(folder) / kind.file, failure));
  });
}

void write_record(const std::string& folder, const SegmentOptions& options, const Input& input,
                  const RunCounts& counts) {
  const Json record = {{"file", input.name},
                       {"frames", counts.frames},
                       {"tracks", counts.tracks},
                       {"results", options.results},
                       {"input", state_of(input)},
                       {"settings", settings_of(options)},
                       {"vcl", std::string(VCL_VERSION)}};
  replace_output(place_of(folder), json_text(record, 2) + "\n");
}

void remove_record(const std::string& folder) {
  fs::remove(place_of(folder));
}

}  // namespace vcl
