// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/overlay/privacy.hpp"

#include <algorithm>

namespace gstvcl {
namespace {

void hide_around(GstVideoFrame* frame, const vcl::Box& box, GstBuffer* mask, int margin, Style style) {
  GstMapInfo map;
  // If the mask cannot be read, its whole box is hidden.
  const bool is_mapped = gst_buffer_map(mask, &map, GST_MAP_READ);
  const std::vector<guint8> full(is_mapped ? 0 : std::size_t(box.width) * std::size_t(box.height), 255);
  const vcl::Size size{GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame)};
  hide(frame, area_around(is_mapped ? map.data : full.data(), box, size, margin), style);
  if (is_mapped) gst_buffer_unmap(mask, &map);
}

}  // namespace

std::vector<Privacy::Object> Privacy::objects_of(const GstVclInstancesMeta* meta) {
  std::vector<Object> objects;
  for (guint i = 0; i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    GstVclBox box;
    gst_vcl_instance_get_box(instance, &box);
    objects.push_back(
        {{box.x, box.y, box.width, box.height}, BufferPtr(gst_buffer_ref(gst_vcl_instance_get_mask(instance)))});
  }
  return objects;
}

void Privacy::hide(GstVideoFrame* frame, const GstVclInstancesMeta* meta, Style style) {
  const vcl::Size size{GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame)};
  const int longest = std::max(size.width, size.height);
  std::vector<Object> stale;
  if (meta && !meta->stale) {
    latest_ = objects_of(meta);
    size_ = size;
    frames_since_ = 0;
  } else {
    frames_since_ = std::min(frames_since_ + 1, longest);
    if (meta) stale = objects_of(meta);
  }
  // Masks are coarser than pixels, and objects move. The margin lets an object cross the frame in 64 frames.
  const int step = std::max(2, std::min(size.width, size.height) / 64);
  const int margin = step * (1 + std::min(frames_since_, longest / step));
  if (size_ != size || (margin >= longest && !latest_.empty())) return gstvcl::hide(frame, whole_frame(size), style);
  // A stale result repeats masks of the latest result. These are hidden only once.
  std::erase_if(stale, [this](const Object& object) {
    return std::ranges::any_of(latest_, [&](const Object& known) { return known.mask.get() == object.mask.get(); });
  });
  for (const std::vector<Object>* objects : {&latest_, &stale})
    for (const Object& object : *objects) hide_around(frame, object.box, object.mask.get(), margin, style);
}

}  // namespace gstvcl
