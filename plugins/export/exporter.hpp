// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "plugins/export/line_files.hpp"
#include "plugins/export/line_output.hpp"
#include "plugins/export/numbered_path.hpp"
#include "vcl/json.hpp"
#include "vcl/result.hpp"

namespace gstvcl {

/// Where results go. An empty location is not written.
struct Destinations {
  std::string json, ytvis, masks;
  FileLimits json_limits;
  unsigned json_queue_lines = 1000;  ///< that wait for a socket
  bool system_clock = false;         ///< whether lines have a wall-clock time that the stream does not state
};

/// Writes the results of one stream. Throws WriteError and vcl::Error.
class Exporter {
 public:
  /// Opens or creates the outputs, so that an unwritable location is reported before the first frame. `element` posts
  /// messages, and `dropped` counts lines that a socket did not take; both outlive the exporter.
  Exporter(GstElement* element, const Destinations& destinations, std::atomic<std::uint64_t>& dropped);

  /// `utc`: the wall-clock time of the frame, or GST_CLOCK_TIME_NONE.
  void add(const vcl::FrameResult& frame, GstClockTime utc);
  /// Writes the outputs that are complete only at the end, unless nothing was added since they were last written.
  void finish();
  /// Gives a socket's peer a bounded time to take the lines that wait.
  void linger();

  /// Returns why the YouTube-VIS results, which have one size per video, have no masks after some frame. Empty if they
  /// are complete.
  const std::string& ytvis_end() const { return ytvis_end_; }

 private:
  void add_to_ytvis(const vcl::FrameResult& frame);

  Destinations destinations_;
  std::unique_ptr<LineOutput> json_;
  std::optional<NumberedPath> masks_;
  vcl::YtvisResults ytvis_;
  bool ytvis_written_ = false;  // or there is an earlier file, which only frames replace
  vcl::Size ytvis_size_;
  std::string ytvis_end_;
  std::uint64_t frames_ = 0;
};

}  // namespace gstvcl
