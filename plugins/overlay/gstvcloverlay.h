/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

#define GST_TYPE_VCL_OVERLAY (gst_vcl_overlay_get_type())
G_DECLARE_FINAL_TYPE(GstVclOverlay, gst_vcl_overlay, GST, VCL_OVERLAY, GstVideoFilter)
GST_ELEMENT_REGISTER_DECLARE(vcl_overlay)

G_END_DECLS
