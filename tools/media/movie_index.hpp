// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace vcl {

/// Takes the duration of the whole out of the index of an MP4 or MOV file (its box "moov") where GStreamer 1.22 would
/// lose something by it: its demuxer leaves out a track of less than a fifth of the whole, as a video is whose
/// subtitles run on, and ends a track of which the edit list leaves out the front by as much too early. Without a
/// stated duration it plays all. Other bytes stay as they are. Returns whether it did.
bool take_duration_out(std::string& index);

/// Whether a track of this index is to be shown mirrored and turned by 90 degrees, the one way of eight that GStreamer
/// 1.22 does not know.
bool is_mirrored_and_turned(std::string_view index);

}  // namespace vcl
