// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <string>

namespace gstvcl {

/// Wall-clock times are nanoseconds since 1970-01-01 UTC, or GST_CLOCK_TIME_NONE if unknown.

/// Returns the wall-clock time that the source of the stream states for the frame: a GstReferenceTimestampMeta with
/// caps timestamp/x-ntp (as rtspsrc adds) or timestamp/x-unix.
GstClockTime stated_utc_of(GstBuffer* buffer);

/// Returns when the frame was taken, by the clock of this computer: now, less the time since the frame's running time.
/// It is now if the pipeline has no clock, the frame has no time, or it is to be shown later.
GstClockTime system_utc_of(GstElement* element, GstClockTime running_time);

/// Returns RFC 3339 text with microseconds, such as 2026-11-30T19:45:52.000001Z. Empty: unknown.
std::string utc_text(GstClockTime utc);

}  // namespace gstvcl
