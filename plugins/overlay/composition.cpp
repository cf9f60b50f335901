// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/overlay/composition.hpp"

#include <algorithm>
#include <new>

#include "plugins/base/buffer_ptr.hpp"
#include "plugins/base/frame_view.hpp"

namespace gstvcl {
namespace {

constexpr GstVideoFormat kLayerFormat = GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB;

vcl::Box within(const vcl::Box& box, vcl::Size frame) {
  const int left = std::max(0, box.x), top = std::max(0, box.y);
  return {left, top, std::min(box.x + box.width, frame.width) - left, std::min(box.y + box.height, frame.height) - top};
}

BufferPtr make_layer(const GstVideoInfo& info) {
  BufferPtr layer(gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr));
  if (!layer) throw std::bad_alloc();
  gst_buffer_memset(layer.get(), 0, 0, GST_VIDEO_INFO_SIZE(&info));
  gst_buffer_add_video_meta(layer.get(), GST_VIDEO_FRAME_FLAG_NONE, kLayerFormat, guint(GST_VIDEO_INFO_WIDTH(&info)),
                            guint(GST_VIDEO_INFO_HEIGHT(&info)));
  return layer;
}

void add_rectangle(CompositionPtr& composition, GstVideoOverlayRectangle* rectangle) {
  if (composition)
    gst_video_overlay_composition_add_rectangle(composition.get(), rectangle);
  else
    composition.reset(gst_video_overlay_composition_new(rectangle));
}

}  // namespace

CompositionPtr compose_scene(vcl::Size frame, const GstVclInstancesMeta* meta, const Scene& scene, Trails& trails) {
  CompositionPtr composition;
  const Surface surface = [&](const vcl::Box& bounds, const auto& draw) {
    const vcl::Box box = within(bounds, frame);
    if (box.width < 1 || box.height < 1) return;
    GstVideoInfo info;
    if (!gst_video_info_set_format(&info, kLayerFormat, guint(box.width), guint(box.height))) throw std::bad_alloc();
    const BufferPtr layer = make_layer(info);
    {
      MappedFrame mapped(layer.get(), info, GST_MAP_READWRITE);
      Painter painter(mapped.frame(), box.x, box.y);
      draw(painter);
    }
    GstVideoOverlayRectangle* rectangle =
        gst_video_overlay_rectangle_new_raw(layer.get(), box.x, box.y, guint(box.width), guint(box.height),
                                            GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    add_rectangle(composition, rectangle);
    gst_video_overlay_rectangle_unref(rectangle);
  };
  draw_scene(surface, frame, meta, scene, trails);
  return composition;
}

void attach_composition(GstBuffer* buffer, CompositionPtr composition) {
  GstVideoOverlayCompositionMeta* present = gst_buffer_get_video_overlay_composition_meta(buffer);
  if (!present) {
    gst_buffer_add_video_overlay_composition_meta(buffer, composition.get());
    return;
  }
  CompositionPtr all(gst_video_overlay_composition_copy(present->overlay));
  for (guint i = 0; i < gst_video_overlay_composition_n_rectangles(composition.get()); ++i)
    add_rectangle(all, gst_video_overlay_composition_get_rectangle(composition.get(), i));
  gst_video_overlay_composition_unref(present->overlay);
  present->overlay = all.release();
}

}  // namespace gstvcl
