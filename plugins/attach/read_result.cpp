// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/attach/read_result.hpp"

namespace gstvcl {

vcl::FrameResult read_result(const GstVclInstancesMeta* meta) {
  vcl::FrameResult result;
  result.frame = meta->frame;
  result.pts = GST_CLOCK_TIME_IS_VALID(meta->pts) ? std::int64_t(meta->pts) : -1;
  result.size = {int(meta->width), int(meta->height)};
  result.stale = meta->stale;
  for (guint i = 0; i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const GstVclInstance* source = gst_vcl_instances_meta_get_instance(meta, i);
    vcl::Instance instance;
    instance.track_id = gst_vcl_instance_get_track_id(source);
    instance.score = gst_vcl_instance_get_score(source);
    GstVclBox box;
    gst_vcl_instance_get_box(source, &box);
    instance.box = {box.x, box.y, box.width, box.height};
    instance.area = gst_vcl_instance_get_area(source);
    instance.mask = vcl::rle_from_string(gst_vcl_instance_get_rle(source), result.size.width, result.size.height);
    const GstVclInstanceFlags flags = gst_vcl_instance_get_flags(source);
    instance.is_new = (flags & GST_VCL_INSTANCE_FLAG_NEW) != 0;
    if ((flags & GST_VCL_INSTANCE_FLAG_COARSE) != 0) instance.form = vcl::MaskForm::Coarse;
    if ((flags & GST_VCL_INSTANCE_FLAG_BOX) != 0) instance.form = vcl::MaskForm::Box;
    result.instances.push_back(std::move(instance));
  }
  return result;
}

}  // namespace gstvcl
