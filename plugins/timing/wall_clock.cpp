// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/timing/wall_clock.hpp"

#include <algorithm>

namespace gstvcl {
namespace {

constexpr GstClockTime kUnixEpochInNtp = 2'208'988'800 * GST_SECOND;  // seconds from 1900 to 1970

}  // namespace

GstClockTime stated_utc_of(GstBuffer* buffer) {
  gpointer state = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta_filtered(buffer, &state, GST_REFERENCE_TIMESTAMP_META_API_TYPE)) {
    const auto* reference = reinterpret_cast<GstReferenceTimestampMeta*>(meta);
    if (!GST_CLOCK_TIME_IS_VALID(reference->timestamp) || gst_caps_is_any(reference->reference) ||
        gst_caps_is_empty(reference->reference))
      continue;
    const GstStructure* clock = gst_caps_get_structure(reference->reference, 0);
    if (gst_structure_has_name(clock, "timestamp/x-unix")) return reference->timestamp;
    if (gst_structure_has_name(clock, "timestamp/x-ntp") && reference->timestamp >= kUnixEpochInNtp)
      return reference->timestamp - kUnixEpochInNtp;
  }
  return GST_CLOCK_TIME_NONE;
}

GstClockTime system_utc_of(GstElement* element, GstClockTime running_time) {
  const GstClockTime utc = GstClockTime(g_get_real_time()) * GST_USECOND;
  const GstClockTime now = gst_element_get_current_running_time(element);
  if (!GST_CLOCK_TIME_IS_VALID(now) || !GST_CLOCK_TIME_IS_VALID(running_time)) return utc;
  return utc - std::min(utc, now - std::min(now, running_time));
}

std::string utc_text(GstClockTime utc) {
  if (!GST_CLOCK_TIME_IS_VALID(utc)) return {};
  g_autoptr(GDateTime) second = g_date_time_new_from_unix_utc(gint64(utc / GST_SECOND));
  g_autoptr(GDateTime) time = g_date_time_add(second, GTimeSpan(utc % GST_SECOND / GST_USECOND));
  g_autofree char* text = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S.%fZ");
  return text ? text : "";
}

}  // namespace gstvcl
