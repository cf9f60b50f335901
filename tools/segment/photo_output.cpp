// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/photo_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <new>
#include <utility>

#include "plugins/export/png_palette.hpp"
#include "plugins/export/socket_address.hpp"
#include "support/json_text.hpp"
#include "tools/media/picture.hpp"
#include "tools/output.hpp"
#include "tools/segment/painted_photo.hpp"
#include "tools/segment/video_output.hpp"
#include "vcl/error.hpp"
#include "vcl/json.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

constexpr int kMostJpegSide = 65500;  // the limit of libjpeg

std::string mask_of(const SegmentOptions& options, const std::string& photo) {
  return (fs::path(options.masks) / fs::path(photo).filename()).replace_extension(".png").string();
}

/// Returns the name of the painted picture. JPEG photos stay JPEG, and all others become PNG.
std::string painted_of(const SegmentOptions& options, const std::string& photo) {
  const fs::path path = fs::path(options.overlay) / fs::path(photo).filename();
  return is_jpeg_name(photo) ? path.string() : fs::path(path).replace_extension(".png").string();
}

void refuse_options_of_videos(const SegmentOptions& options) {
  const std::pair<const char*, bool> kOfVideos[] = {{"--ytvis", !options.ytvis.empty()},
                                                    {"--whole", options.whole},
                                                    {"--window", options.window.has_value()},
                                                    {"--stride", options.stride.has_value()},
                                                    {"--max-age", options.max_age.has_value()},
                                                    {"--every", options.every.has_value()},
                                                    {"--motion", options.motion.has_value()},
                                                    {"--fps", options.fps.has_value()},
                                                    {"--start", options.range.start > 0},
                                                    {"--duration", options.range.duration.has_value()},
                                                    {"--frames", !options.frames.empty()},
                                                    {"--codec", !options.coding.codec.empty()},
                                                    {"--quality", options.coding.quality.has_value()}};
  for (const auto& [name, is_set] : kOfVideos)
    if (is_set)
      throw Error(ErrorKind::Invalid, fmt::format("{} is for videos, and these are photos; leave it out", name));
}

void refuse_socket(const std::string& json) {
  if (gstvcl::is_socket_address(json))
    throw Error(
        ErrorKind::Invalid,
        fmt::format("--json '{0}' is a socket, which takes the lines of videos only; name a file for those of photos "
                    "(one of this name: ./{0})",
                    json));
}

/// Refuses names of files, or of the files of a video's frames: photos need a folder.
void refuse_file_names(const char* option, const std::string& path) {
  if (path.empty() || fs::is_directory(path)) return;
  if (is_video_name(path) || is_picture_name(path) || path.find('%') != path.npos)
    throw Error(ErrorKind::Invalid,
                fmt::format("{} takes a folder where the inputs are photos, and '{}' names files; name a folder",
                            option, path));
}

/// Checks that no photo is named twice, that the outputs of each photo have names of their own, and that they overwrite
/// no input.
void check_names(const SegmentOptions& options, const std::vector<std::string>& photos, const Outputs& outputs) {
  std::map<fs::path, std::string> seen, written;
  const auto claim = [&](const std::string& path, const std::string& photo) {
    if (const auto [other, is_new] = written.emplace(fs::absolute(path).lexically_normal(), photo);
        !is_new && other->second != photo)
      throw Error(ErrorKind::Invalid,
                  fmt::format("'{}' and '{}' would both be written as '{}'; do them apart, or rename one",
                              other->second, photo, path));
    outputs.check_picture(path);
  };
  for (const std::string& path : {options.json, options.contact_sheet})
    if (!path.empty() && path != "-") written.emplace(fs::absolute(path).lexically_normal(), path);
  for (const std::string& photo : photos) {
    if (!seen.emplace(fs::absolute(photo).lexically_normal(), photo).second)
      throw Error(ErrorKind::Invalid, fmt::format("'{}' is named twice; name it once", photo));
    if (!options.masks.empty()) claim(mask_of(options, photo), photo);
    if (!options.overlay.empty()) claim(painted_of(options, photo), photo);
  }
}

std::string line_of(const std::string& photo, const FrameResult& result) {
  return "{\"file\":" + json_text(nlohmann::json(photo)) + "," + frame_to_json(result).substr(1) + "\n";
}

/// Turns the error of the plugin's writer into Error(Resource).
template <typename Write>
void as_resource_error(const Write& write) {
  try {
    write();
  } catch (const gstvcl::WriteError& error) {
    throw Error(ErrorKind::Resource, error.what());
  }
}

}  // namespace

PhotoOutput::PhotoOutput(const SegmentOptions& options, const std::vector<std::string>& photos)
    : options_(options), outputs_({options.model.value_or(""), options.mask}, photos) {
  refuse_options_of_videos(options);
  refuse_socket(options.json);
  refuse_file_names("--overlay", options.overlay);
  refuse_file_names("--masks", options.masks);
  for (const std::string& path : {options.json, options.contact_sheet}) outputs_.add_file(path);
  check_sheet_name(options.contact_sheet);
  check_names(options, photos, outputs_);
  for (const std::string& path : {options.overlay, options.masks}) outputs_.add_folder(path);
}

void PhotoOutput::start() {
  if (!options_.json.empty()) as_resource_error([this] { json_.emplace(options_.json); });
}

void PhotoOutput::add(const std::string& photo, cv::Mat picture, FrameResult result) {
  if (!options_.overlay.empty() && is_jpeg_name(photo) && std::max(picture.cols, picture.rows) > kMostJpegSide)
    throw Error(
        ErrorKind::Unreadable,
        fmt::format("'{}' has more than the {} pixels a side that a painted JPEG may have; make it smaller, or a "
                    "PNG",
                    photo, kMostJpegSide));
  const bool in_sheet = !options_.contact_sheet.empty() && sheet_.wants_next();
  if (in_sheet || !options_.overlay.empty()) paint_result(picture, result, options_.painting);
  if (in_sheet) sheet_.add(picture);
  wait();
  written_ = std::async(std::launch::async, [this, photo, picture = std::move(picture), result = std::move(result)] {
    write(photo, picture, result);
  });
}

/// Writes the results of a photo. Runs in its own thread, for one photo at a time.
void PhotoOutput::write(const std::string& photo, const cv::Mat& picture, const FrameResult& result) {
  try {
    if (!options_.masks.empty()) replace_output(mask_of(options_, photo), gstvcl::index_png(result));
    if (!options_.overlay.empty()) (is_jpeg_name(photo) ? write_jpeg : write_png)(painted_of(options_, photo), picture);
    if (json_) as_resource_error([&] { json_->write(line_of(photo, result)); });
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::Resource, fmt::format("'{}' needs more memory than there is; make it smaller", photo));
  }
}

void PhotoOutput::wait() {
  if (written_.valid()) written_.get();
}

void PhotoOutput::finish() {
  wait();
  if (!options_.contact_sheet.empty() && !sheet_.empty()) sheet_.write(options_.contact_sheet);
}

}  // namespace vcl
