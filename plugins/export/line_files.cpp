// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/export/line_files.hpp"

#include <glib/gstdio.h>

#include <cerrno>
#include <exception>
#include <utility>

#include "plugins/timing/wall_clock.hpp"

namespace gstvcl {

NumberedLineFiles::NumberedLineFiles(GstElement* element, const std::string& pattern, const FileLimits& limits)
    : element_(element), path_("json-location", pattern, NumberIn::FileName), limits_(limits), number_(path_.next()) {
  open();
}

NumberedLineFiles::~NumberedLineFiles() {
  if (file_ && lines_ == 0) g_unlink(file_->path().c_str());
}

void NumberedLineFiles::open() {
  remove_oldest();
  // Another writer may take a number in between.
  while (!(file_ = OutputFile::create(path_.at(number_)))) ++number_;
  ++number_;
  lines_ = 0;
}

bool NumberedLineFiles::is_complete(const std::string& line, const LineTimes& times) const {
  if (lines_ == 0) return false;
  if (limits_.bytes > 0 && file_->bytes() + line.size() > limits_.bytes) return true;
  // Where time is unknown or steps back, the time of arrival counts.
  const bool is_known =
      GST_CLOCK_TIME_IS_VALID(times.pts) && GST_CLOCK_TIME_IS_VALID(first_.pts) && times.pts >= first_.pts;
  const auto waited = GstClockTime(g_get_monotonic_time() - first_arrival_) * GST_USECOND;
  return limits_.duration > 0 && (is_known ? times.pts - first_.pts : waited) >= limits_.duration;
}

void NumberedLineFiles::write(const std::string& line, const LineTimes& times) {
  if (file_ && is_complete(line, times)) finish();
  if (!file_) open();
  file_->write(line);
  if (lines_++ == 0) {
    first_ = times;
    first_arrival_ = g_get_monotonic_time();
  }
  last_ = times;
}

void NumberedLineFiles::finish() {
  if (!file_ || lines_ == 0) return;
  const std::unique_ptr<OutputFile> file = std::move(file_);  // if it cannot be closed, it is never complete
  written_.push_back(file->path());
  file->close();
  post_complete(*file);
}

void NumberedLineFiles::post_complete(const OutputFile& file) const {
  GstStructure* news =
      gst_structure_new("vcl-file-complete", "location", G_TYPE_STRING, file.path().c_str(), "frames", G_TYPE_UINT64,
                        guint64(lines_), "bytes", G_TYPE_UINT64, guint64(file.bytes()), "first-pts", G_TYPE_UINT64,
                        first_.pts, "last-pts", G_TYPE_UINT64, last_.pts, nullptr);
  const auto add_utc = [news](const char* name, GstClockTime utc) {
    if (const std::string text = utc_text(utc); !text.empty())
      gst_structure_set(news, name, G_TYPE_STRING, text.c_str(), nullptr);
  };
  add_utc("first-utc", first_.utc);
  add_utc("last-utc", last_.utc);
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), news));
}

/// Makes room for one more file.
void NumberedLineFiles::remove_oldest() {
  while (limits_.files > 0 && written_.size() >= limits_.files) {
    if (g_unlink(written_.front().c_str()) != 0 && errno != ENOENT)
      throw WriteError(written_.front(), GST_RESOURCE_ERROR_WRITE, errno);
    written_.pop_front();
  }
}

}  // namespace gstvcl
