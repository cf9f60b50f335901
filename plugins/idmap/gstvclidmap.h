/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

#define GST_TYPE_VCL_IDMAP (gst_vcl_idmap_get_type())
G_DECLARE_FINAL_TYPE(GstVclIdmap, gst_vcl_idmap, GST, VCL_IDMAP, GstVideoFilter)
GST_ELEMENT_REGISTER_DECLARE(vcl_idmap)

G_END_DECLS
