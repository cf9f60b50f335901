// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace gstvcl {

/// Posts the exception being handled as an error of the element, or of the element that a pad belongs to. The codes
/// follow the kinds of vcl::Error and WriteError. Out of memory is RESOURCE/NO_SPACE_LEFT, and other exceptions are
/// STREAM/FAILED. Call it in a catch (...) block, so that no exception crosses the C boundary.
void post_current_exception(GstObject* source);

}  // namespace gstvcl
