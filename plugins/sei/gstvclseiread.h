/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_VCL_SEI_READ (gst_vcl_sei_read_get_type())
G_DECLARE_FINAL_TYPE(GstVclSeiRead, gst_vcl_sei_read, GST, VCL_SEI_READ, GstBaseTransform)
GST_ELEMENT_REGISTER_DECLARE(vcl_sei_read)

G_END_DECLS
