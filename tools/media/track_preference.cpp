// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/track_preference.hpp"

namespace vcl {

int preference_of(GstPad* track) {
  GstStreamFlags flags = GST_STREAM_FLAG_NONE;
  if (g_autoptr(GstEvent) start = gst_pad_get_sticky_event(track, GST_EVENT_STREAM_START, 0))
    gst_event_parse_stream_flags(start, &flags);
  return flags & GST_STREAM_FLAG_SELECT ? 1 : flags & GST_STREAM_FLAG_UNSELECT ? -1 : 0;
}

}  // namespace vcl
