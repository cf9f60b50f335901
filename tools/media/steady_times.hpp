// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace vcl {

/// Lets each decoded frame that comes to the pad `entry`, not yet linked, be later than the one before. Demuxers and
/// decoders give several frames one time where a container has no time stamps for frames of changed order (AVI), or
/// jumps (MPEG-TS). Such a frame follows the one before by its duration, and so does one without a time: that of the
/// frame rate, or 1/25 s.
void steady_times(GstPad* entry);

}  // namespace vcl
