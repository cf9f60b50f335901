// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/export/exporter.hpp"

#include <glib/gstdio.h>

#include <cerrno>

#include "libvcl/images/size_text.hpp"
#include "plugins/base/output_file.hpp"
#include "plugins/export/line_socket.hpp"
#include "plugins/export/png_palette.hpp"
#include "plugins/export/socket_address.hpp"
#include "plugins/timing/wall_clock.hpp"
#include "vcl/error.hpp"

namespace gstvcl {
namespace {

void write_png(const std::string& path, const vcl::FrameResult& frame) {
  const std::string bytes = index_png(frame);
  OutputFile file(path);
  try {
    file.write(bytes);
    file.close();
  } catch (...) {
    g_unlink(path.c_str());  // half an image is useless
    throw;
  }
}

[[noreturn]] void refuse(const std::string& why) {
  throw vcl::Error(vcl::ErrorKind::Invalid, why);
}

/// Refuses limits that have no effect.
void check_limits(const Destinations& to) {
  const FileLimits& limits = to.json_limits;
  if (limits.files > 0 && limits.duration == 0 && limits.bytes == 0)
    refuse("json-max-files counts the files that json-max-duration or json-max-bytes begin: set one of them.");
  if (limits.duration == 0 && limits.bytes == 0) return;
  const std::string limit = limits.duration > 0 ? "json-max-duration" : "json-max-bytes";
  if (to.json.empty()) refuse(limit + " limits the files of json-location: set it, too.");
  if (to.json == "-" || is_socket_address(to.json))
    refuse(limit + " limits files, and json-location '" + to.json + "' is none: leave one of them out.");
  if (to.json.find('%') == std::string::npos)
    refuse(limit + " begins new files, which need names: give json-location '" + to.json +
           "' a number, as out-%05d.jsonl has.");
}

std::unique_ptr<LineOutput> open_lines(GstElement* element, const Destinations& to,
                                       std::atomic<std::uint64_t>& dropped) {
  check_limits(to);
  if (to.json.empty()) return nullptr;
  if (is_socket_address(to.json)) return std::make_unique<LineSocket>(element, to.json, to.json_queue_lines, dropped);
  if (to.json_limits.duration > 0 || to.json_limits.bytes > 0)
    return std::make_unique<NumberedLineFiles>(element, to.json, to.json_limits);
  return std::make_unique<LineFile>(to.json);
}

}  // namespace

Exporter::Exporter(GstElement* element, const Destinations& destinations, std::atomic<std::uint64_t>& dropped)
    : destinations_(destinations), json_(open_lines(element, destinations, dropped)) {
  const std::string &ytvis = destinations.ytvis, &masks = destinations.masks;
  if (!ytvis.empty()) {
    check_replaceable(ytvis);
    ytvis_written_ = is_replaceable(ytvis) && g_file_test(ytvis.c_str(), G_FILE_TEST_EXISTS);
  }
  if (masks.empty()) return;
  masks_.emplace("masks-location", masks.find('%') == std::string::npos ? masks + "/%05d.png" : masks, NumberIn::Path);
  if (g_mkdir_with_parents(masks_->folder().c_str(), 0777) != 0)
    throw WriteError(masks_->folder(), GST_RESOURCE_ERROR_OPEN_WRITE, errno);
}

void Exporter::add(const vcl::FrameResult& frame, GstClockTime utc) {
  if (json_) json_->write(vcl::frame_to_json(frame, utc_text(utc)) + "\n", {GstClockTime(frame.pts), utc});
  if (masks_) write_png(masks_->at(frames_), frame);
  if (!destinations_.ytvis.empty()) add_to_ytvis(frame);
  ytvis_written_ = false;
  ++frames_;
}

void Exporter::add_to_ytvis(const vcl::FrameResult& frame) {
  if (frames_ == 0) ytvis_size_ = frame.size;
  if (frame.size != ytvis_size_ && ytvis_end_.empty())
    ytvis_end_ = "'" + destinations_.ytvis + "' holds no masks from frame " + std::to_string(frames_) +
                 " on: YouTube-VIS results have one size per video, and there it changes from " + text_of(ytvis_size_) +
                 " to " + text_of(frame.size) + "; JSON lines hold all.";
  ytvis_.add(ytvis_end_.empty() ? frame : vcl::FrameResult{});
}

void Exporter::finish() {
  if (json_) json_->finish();
  if (destinations_.ytvis.empty() || ytvis_written_) return;
  ytvis_written_ = true;  // set before the attempt, so that a full disk is reported only once
  write_whole_file(destinations_.ytvis, [this](const auto& sink) { ytvis_.write(sink); });
}

void Exporter::linger() {
  if (json_) json_->linger();
}

}  // namespace gstvcl
