// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace gstvcl {

/// Lets the sink pad of an element post an error when frames in foreign memory arrive, as of a GPU or a DMABuf. It
/// names the element that copies them to system memory. Without it, upstream only reports "not negotiated".
void explain_foreign_memory(GstPad* sink);

}  // namespace gstvcl
