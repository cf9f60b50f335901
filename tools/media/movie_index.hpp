// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace vcl {

/// Takes the duration of the whole out of the index of an MP4 or MOV file (its box "moov") where a track lasts less
/// than a fifth of it, as a video does whose subtitles run on. GStreamer's demuxer leaves out such a track, unless no
/// duration is stated. Other bytes stay as they are. Returns whether it did.
bool keep_short_tracks(std::string& index);

}  // namespace vcl
