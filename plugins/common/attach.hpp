// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include "vcl/result.hpp"

namespace gstvcl {

/// Writes a result into the metas of its (writable) buffer: GstVclInstancesMeta, its custom twin and, if
/// wanted, one ROI meta an instance. Results of an earlier element on the buffer are replaced.
void attach_result(GstBuffer* buffer, const vcl::FrameResult& result, bool roi_metas);

}  // namespace gstvcl
