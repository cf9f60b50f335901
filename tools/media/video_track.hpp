// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <string>

namespace vcl {

/// Links the video of `source`, a uridecodebin that has not started, to the sink pad of `head`: the container's default
/// track that is no still picture. What is neither video nor picture is not decoded. A note on standard error names
/// tracks of video that are left out, unless `quiet`. An input without video that can be decoded is an error message of
/// `source`.
void link_video_track(GstElement* source, GstElement* head, const std::string& name, bool quiet);

/// Forgets the tracks of a stopped source that will read again. The next choice prints no note.
void forget_tracks(GstElement* source);

}  // namespace vcl
