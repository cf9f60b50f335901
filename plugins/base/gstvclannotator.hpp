// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/gstvideofilter.h>

#include <memory>

#include "plugins/base/annotator.hpp"

/// Base of the elements that compute something for each frame and attach it, in place: properties model, device,
/// threads, precision and interval; which frames to compute; states, events, quality of service and errors.
#define GST_TYPE_VCL_ANNOTATOR (gst_vcl_annotator_get_type())
G_DECLARE_DERIVABLE_TYPE(GstVclAnnotator, gst_vcl_annotator, GST, VCL_ANNOTATOR, GstVideoFilter)

struct _GstVclAnnotatorClass {
  GstVideoFilterClass parent_class;
};

namespace gstvcl {

/// For the init function of a derived type.
void set_annotator(GstVclAnnotator* self, std::unique_ptr<Annotator> annotator);

}  // namespace gstvcl
