// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/export/exporter.hpp"

#include <glib/gstdio.h>

#include <cerrno>

#include "libvcl/images/size_text.hpp"
#include "plugins/export/png_palette.hpp"

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

}  // namespace

Exporter::Exporter(const Locations& locations) : locations_(locations) {
  if (!locations.json.empty()) json_.emplace(locations.json);
  if (!locations.ytvis.empty()) {
    check_replaceable(locations.ytvis);
    ytvis_written_ = is_replaceable(locations.ytvis) && g_file_test(locations.ytvis.c_str(), G_FILE_TEST_EXISTS);
  }
  if (locations.masks.empty()) return;
  masks_.emplace(locations.masks);
  if (g_mkdir_with_parents(masks_->folder().c_str(), 0777) != 0)
    throw WriteError(masks_->folder(), GST_RESOURCE_ERROR_OPEN_WRITE, errno);
}

void Exporter::add(const vcl::FrameResult& frame) {
  if (json_) json_->write(vcl::frame_to_json(frame) + "\n");
  if (masks_) write_png(masks_->at(frames_), frame);
  if (!locations_.ytvis.empty()) add_to_ytvis(frame);
  ytvis_written_ = false;
  ++frames_;
}

void Exporter::add_to_ytvis(const vcl::FrameResult& frame) {
  if (frames_ == 0) ytvis_size_ = frame.size;
  if (frame.size != ytvis_size_ && ytvis_end_.empty())
    ytvis_end_ = "'" + locations_.ytvis + "' holds no masks from frame " + std::to_string(frames_) +
                 " on: YouTube-VIS results have one size per video, and there it changes from " + text_of(ytvis_size_) +
                 " to " + text_of(frame.size) + "; JSON lines hold all.";
  ytvis_.add(ytvis_end_.empty() ? frame : vcl::FrameResult{});
}

void Exporter::finish() {
  if (locations_.ytvis.empty() || ytvis_written_) return;
  ytvis_written_ = true;  // set before the attempt, so that a full disk is reported only once
  write_whole_file(locations_.ytvis, [this](const auto& sink) { ytvis_.write(sink); });
}

}  // namespace gstvcl
