// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/idmap/paint_ids.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "plugins/attach/region_id.hpp"
#include "plugins/meta/mapped_buffer.hpp"

namespace gstvcl {
namespace {

// Rows of pixels with a whole number of bytes each.
struct Plane {
  guint8* data;
  std::ptrdiff_t stride;
  int width, height;

  guint8* row(int y) const { return data + y * stride; }
};

Plane plane_of(GstVideoFrame* frame) {
  return {static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(frame, 0)), GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0),
          GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame)};
}

void clear(const Plane& plane, std::size_t pixel_bytes) {
  for (int y = 0; y < plane.height; ++y) std::memset(plane.row(y), 0, std::size_t(plane.width) * pixel_bytes);
}

template <typename Pixel>
void fill_mask(const Plane& plane, const GstVclInstance* instance, Pixel value) {
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  const MappedBuffer mask(gst_vcl_instance_get_mask(instance), GST_MAP_READ);
  const int columns = std::min(box.width, plane.width - box.x), rows = std::min(box.height, plane.height - box.y);
  for (int y = 0; y < rows; ++y) {
    const guint8* inside = mask.data() + std::ptrdiff_t(y) * box.width;
    guint8* out = plane.row(box.y + y) + std::ptrdiff_t(box.x) * std::ptrdiff_t(sizeof value);
    for (int x = 0; x < columns; ++x)
      if (inside[x]) std::memcpy(out + std::size_t(x) * sizeof value, &value, sizeof value);
  }
}

// NaN scores, which foreign metas may have, rank below all others.
float rank(const GstVclInstance* instance) {
  const float score = gst_vcl_instance_get_score(instance);
  return std::isnan(score) ? -std::numeric_limits<float>::infinity() : score;
}

}  // namespace

Layers layers_of(const GstVclInstancesMeta* meta, const TrackList& tracks) {
  Layers layers;
  for (guint i = gst_vcl_instances_meta_get_n_instances(meta); i-- > 0;) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    if (tracks.includes(gst_vcl_instance_get_track_id(instance))) layers.push_back(instance);
  }
  std::ranges::stable_sort(layers, {}, rank);
  return layers;
}

void paint_ids(const Layers& layers, GstVideoFrame* map) {
  const Plane plane = plane_of(map);
  const bool wide = GST_VIDEO_FRAME_FORMAT(map) == GST_VIDEO_FORMAT_GRAY16_LE;
  clear(plane, wide ? 2 : 1);
  for (const GstVclInstance* instance : layers) {
    const guint64 track_id = gst_vcl_instance_get_track_id(instance);
    if (wide)
      fill_mask(plane, instance, guint16(GUINT16_TO_LE(region_id<guint16>(track_id))));
    else
      fill_mask(plane, instance, region_id<guint8>(track_id));
  }
}

void paint_matte(const Layers& layers, GstVideoFrame* matte) {
  const Plane plane = plane_of(matte);
  clear(plane, 1);
  for (const GstVclInstance* instance : layers) fill_mask(plane, instance, guint8(255));
}

void paint_cutout(const Layers& layers, MappedFrame& source, GstVideoFrame* cutout) {
  const Plane plane = plane_of(cutout);
  const std::vector<std::uint8_t> colors = vcl::frame_to_rgb(source.view());
  std::vector<guint8> pixels(colors.size() / 3);
  const Plane matte{pixels.data(), plane.width, plane.width, plane.height};
  for (const GstVclInstance* instance : layers) fill_mask(matte, instance, guint8(255));

  GstVideoFrame* from = source.frame();
  const bool has_alpha = GST_VIDEO_INFO_HAS_ALPHA(&from->info);
  for (int y = 0; y < plane.height; ++y) {
    const guint8* inside = matte.row(y);
    const guint8* color = colors.data() + std::size_t(y) * std::size_t(plane.width) * 3;
    const guint8* alpha = has_alpha ? static_cast<guint8*>(GST_VIDEO_FRAME_COMP_DATA(from, GST_VIDEO_COMP_A)) +
                                          std::ptrdiff_t(y) * GST_VIDEO_FRAME_COMP_STRIDE(from, GST_VIDEO_COMP_A)
                                    : nullptr;
    guint8* out = plane.row(y);
    for (int x = 0; x < plane.width; ++x) {
      std::memcpy(out + 4 * x, color + 3 * x, 3);
      out[4 * x + 3] = inside[x] && alpha ? alpha[x * GST_VIDEO_FRAME_COMP_PSTRIDE(from, GST_VIDEO_COMP_A)] : inside[x];
    }
  }
}

}  // namespace gstvcl
