// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace gstvcl {

/// Posts the exception now being handled as an element error: vcl::Error and WriteError by their kinds, others as
/// STREAM/FAILED. Call it from a catch (...) block, so that nothing crosses the C boundary.
void post_current_exception(GstElement* element);

}  // namespace gstvcl
