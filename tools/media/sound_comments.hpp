// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace vcl {

/// The caps of coded sound without the comments and pictures that its headers hold (Vorbis, FLAC, Opus, Speex).
/// Returns: (transfer full)
GstCaps* without_comments(const GstCaps* sound);

}  // namespace vcl
