// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <string>

namespace gstvcl {

/// The times of a line's frame. GST_CLOCK_TIME_NONE: unknown.
struct LineTimes {
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  GstClockTime utc = GST_CLOCK_TIME_NONE;
};

/// Where lines of text go. Throws WriteError and vcl::Error.
class LineOutput {
 public:
  virtual ~LineOutput() = default;
  /// `line` ends with a line end.
  virtual void write(const std::string& line, const LineTimes& times) = 0;
  /// Completes what is written. More lines may come.
  virtual void finish() {}
  /// Waits for what is still on its way, for a bounded time.
  virtual void linger() {}
};

}  // namespace gstvcl
