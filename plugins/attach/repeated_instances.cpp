// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/attach/repeated_instances.hpp"

#include <algorithm>

namespace gstvcl {
namespace {

GstVclInstanceFlags flags_of(const vcl::Instance& instance) {
  guint flags = instance.is_new ? GST_VCL_INSTANCE_FLAG_NEW : GST_VCL_INSTANCE_FLAG_NONE;
  if (instance.form == vcl::MaskForm::Coarse) flags |= GST_VCL_INSTANCE_FLAG_COARSE;
  if (instance.form == vcl::MaskForm::Box) flags |= GST_VCL_INSTANCE_FLAG_BOX;
  return GstVclInstanceFlags(flags);
}

}  // namespace

bool RepeatedInstances::add(GstVclInstancesMeta* meta, const vcl::Instance& instance, GError** error) {
  const auto same = std::ranges::find_if(before_.instances, [&](const vcl::Instance& known) {
    return !instance.is_new && known.track_id == instance.track_id && known.score == instance.score &&
           known.mask == instance.mask && known.form == instance.form;
  });
  if (same != before_.instances.end()) {
    const GstVclInstancesMeta* known = gst_buffer_get_vcl_instances_meta(before_.holder.get());
    const auto index = guint(same - before_.instances.begin());
    gst_vcl_instances_meta_repeat_instance(meta, gst_vcl_instances_meta_get_instance(known, index));
  } else {
    const std::string rle = vcl::rle_to_string(instance.mask);
    if (!gst_vcl_instances_meta_add_instance(meta, instance.track_id, instance.score, flags_of(instance), rle.c_str(),
                                             error))
      return false;
  }
  if (!now_.holder) {
    now_.holder.reset(gst_buffer_new());
    gst_buffer_add_vcl_instances_meta(now_.holder.get(), meta->width, meta->height);
  }
  const guint last = gst_vcl_instances_meta_get_n_instances(meta) - 1;
  gst_vcl_instances_meta_repeat_instance(gst_buffer_get_vcl_instances_meta(now_.holder.get()),
                                         gst_vcl_instances_meta_get_instance(meta, last));
  now_.instances.push_back(instance);
  return true;
}

void RepeatedInstances::frame_done() {
  before_ = std::move(now_);
  now_ = {};
}

}  // namespace gstvcl
