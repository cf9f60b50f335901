// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

namespace gstvcl {

/// A transform_meta function for elements that change the colors of the picture but not its geometry. It keeps all
/// metas except those about colors. The base class itself drops metas about the memory of the input.
inline gboolean keep_all_but_colors(GstBaseTransform*, GstBuffer*, GstMeta* meta, GstBuffer*) {
  return !gst_meta_api_type_has_tag(meta->info->api, g_quark_from_static_string(GST_META_TAG_VIDEO_COLORSPACE_STR));
}

}  // namespace gstvcl
