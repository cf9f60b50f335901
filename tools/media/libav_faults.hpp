// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace vcl {

/// Mends what GStreamer's libav elements do wrong: some demuxers (GIF, NUT) read behind the end of the file for ever,
/// and GIF's decoder stamps all frames with the time of the first. So no reader of GIF of our own is needed, which
/// would be one more parser of foreign bytes. `source`: a bin that decodes or parses, before it starts.
void mend_libav_faults(GstElement* source);

}  // namespace vcl
