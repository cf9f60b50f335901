/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_VCL_VIS_SEGMENT (gst_vcl_vis_segment_get_type())
G_DECLARE_FINAL_TYPE(GstVclVisSegment, gst_vcl_vis_segment, GST, VCL_VIS_SEGMENT, GstElement)
GST_ELEMENT_REGISTER_DECLARE(vcl_vis_segment)

G_END_DECLS
