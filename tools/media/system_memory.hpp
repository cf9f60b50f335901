// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace vcl {

/// Makes a decodebin or uridecodebin, before it starts, decode to system memory. Decoders of hardware that can do so
/// are asked to, and those that leave all frames in memory of their own are passed over.
void decode_to_system_memory(GstElement* source);

}  // namespace vcl
