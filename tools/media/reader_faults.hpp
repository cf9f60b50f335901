// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace vcl {

/// Mends what GStreamer's readers do wrong. Some demuxers of libav (GIF, NUT) read behind the end of the file for ever,
/// and GIF's decoder stamps all frames with the time of the first. So no reader of GIF of our own is needed, which
/// would be one more parser of foreign bytes. The MP4 demuxer leaves out short tracks, and ends of others
/// (movie_index.hpp).
/// `source`: a bin that decodes or parses, before it starts.
void mend_reader_faults(GstElement* source);

}  // namespace vcl
