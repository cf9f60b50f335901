/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_VCL_EXPORT (gst_vcl_export_get_type())
G_DECLARE_FINAL_TYPE(GstVclExport, gst_vcl_export, GST, VCL_EXPORT, GstBaseTransform)
GST_ELEMENT_REGISTER_DECLARE(vcl_export)

G_END_DECLS
