/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_VCL_SEI_WRITE (gst_vcl_sei_write_get_type())
G_DECLARE_FINAL_TYPE(GstVclSeiWrite, gst_vcl_sei_write, GST, VCL_SEI_WRITE, GstBaseTransform)
GST_ELEMENT_REGISTER_DECLARE(vcl_sei_write)

G_END_DECLS
