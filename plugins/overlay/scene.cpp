// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/overlay/scene.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>

#include "plugins/attach/region_id.hpp"
#include "vcl/geometry.hpp"

namespace gstvcl {
namespace {

constexpr std::size_t kTrailLength = 60;  // frames
constexpr int kForgetAfter = 60;          // frames without the track

// Steps from each mask pixel to the nearest pixel outside of the mask, counted up to 255; 0 outside.
std::vector<guint8> depth_inside(const guint8* mask, int width, int height) {
  std::vector<guint8> depth(std::size_t(width) * std::size_t(height));
  const auto at = [&](int x, int y) -> int {
    return x < 0 || y < 0 || x >= width || y >= height ? 0
                                                       : depth[std::size_t(y) * std::size_t(width) + std::size_t(x)];
  };
  const auto relax = [&](int x, int y, int neighbor_x, int neighbor_y) {
    const std::size_t i = std::size_t(y) * std::size_t(width) + std::size_t(x);
    if (mask[i]) depth[i] = guint8(std::min({int(depth[i]), neighbor_x + 1, neighbor_y + 1, 255}));
  };
  for (std::size_t i = 0; i < depth.size(); ++i) depth[i] = mask[i] ? 255 : 0;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) relax(x, y, at(x - 1, y), at(x, y - 1));
  for (int y = height - 1; y >= 0; --y)
    for (int x = width - 1; x >= 0; --x) relax(x, y, at(x + 1, y), at(x, y + 1));
  return depth;
}

void draw_mask(Painter& painter, const GstVclInstance* instance, const Style& style, const Painter::Color& color) {
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  GstMapInfo map;
  if (!gst_buffer_map(gst_vcl_instance_get_mask(instance), &map, GST_MAP_READ)) return;
  const int alpha = style.masks ? int(style.opacity * 256) : 0;
  std::vector<guint8> depth;
  if (style.contours) depth = depth_inside(map.data, box.width, box.height);
  for (int y = 0; y < box.height; ++y)
    for (int x = 0; x < box.width; ++x) {
      const std::size_t i = std::size_t(y) * std::size_t(box.width) + std::size_t(x);
      if (!map.data[i]) continue;
      const bool edge = style.contours && depth[i] <= style.thickness;
      painter.blend(box.x + x, box.y + y, color, edge ? 256 : alpha);
    }
  gst_buffer_unmap(gst_vcl_instance_get_mask(instance), &map);
}

void draw_trail(Painter& painter, const std::deque<Trails::Point>& points, int thickness, const Painter::Color& color) {
  for (std::size_t i = 1; i < points.size(); ++i)
    painter.line(points[i - 1].x, points[i - 1].y, points[i].x, points[i].y, thickness, color);
}

// Above the box where there is room, else inside it; below a label that already stands there.
vcl::Box place_label(const Painter& painter, const GstVclBox& box, vcl::Size size, const std::vector<vcl::Box>& taken) {
  vcl::Box label{std::max(0, std::min(box.x, painter.width() - size.width)),
                 box.y >= size.height ? box.y - size.height : box.y, size.width, size.height};
  const auto overlaps = [&label](const vcl::Box& other) {
    return label.x < other.x + other.width && other.x < label.x + label.width && label.y < other.y + other.height &&
           other.y < label.y + label.height;
  };
  while (true) {
    const auto hit = std::ranges::find_if(taken, overlaps);
    if (hit == taken.end() || label.y >= painter.height()) return label;
    label.y = hit->y + hit->height;
  }
}

// Readable on the dark ground of labels, whatever the track's color.
Rgb lightened(Rgb color) {
  const auto half_to_white = [](guint8 value) { return guint8((255 + value) / 2); };
  return {half_to_white(color.r), half_to_white(color.g), half_to_white(color.b)};
}

/// Track id and score, with a point whatever the application's locale: the painter knows no comma.
std::string label_text(const GstVclInstance* instance) {
  char score[48];
  const auto end = std::to_chars(std::begin(score), std::end(score), double(gst_vcl_instance_get_score(instance)),
                                 std::chars_format::fixed, 2);
  return "#" + std::to_string(gst_vcl_instance_get_track_id(instance)) + " " + std::string(score, end.ptr);
}

void draw_label(Painter& painter, const GstVclInstance* instance, const Painter::Color& color,
                std::vector<vcl::Box>& taken) {
  const std::string text = label_text(instance);
  const int scale = std::max(1, std::min(painter.width(), painter.height()) / 240);
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  const vcl::Size size{Painter::text_width(scale, text), Painter::text_height(scale)};
  taken.push_back(place_label(painter, box, size, taken));
  painter.text(taken.back().x, taken.back().y, scale, text, color);
}

}  // namespace

void Trails::add(const GstVclInstancesMeta* meta) {
  for (auto& [id, track] : tracks_) ++track.unseen;
  for (guint i = 0; i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    GstVclBox box;
    gst_vcl_instance_get_box(instance, &box);
    Track& track = tracks_[gst_vcl_instance_get_track_id(instance)];
    track.unseen = 0;
    track.points.push_back({box.x + box.width / 2, box.y + box.height / 2});
    if (track.points.size() > kTrailLength) track.points.pop_front();
  }
  std::erase_if(tracks_, [](const auto& entry) { return entry.second.unseen > kForgetAfter; });
}

void draw_scene(Painter& painter, const GstVclInstancesMeta* meta, const Style& style, Trails& trails) {
  trails.add(meta);
  const guint count = gst_vcl_instances_meta_get_n_instances(meta);
  const auto rgb_of = [](const GstVclInstance* instance) {
    return palette_color(region_id<std::uint8_t>(gst_vcl_instance_get_track_id(instance)));
  };
  for (guint i = count; i-- > 0;) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    const Painter::Color color = painter.color(rgb_of(instance));
    if (style.masks || style.contours) draw_mask(painter, instance, style, color);
    if (style.trails) draw_trail(painter, trails.of(gst_vcl_instance_get_track_id(instance)), style.thickness, color);
  }
  if (!style.labels) return;
  std::vector<vcl::Box> taken;
  for (guint i = 0; i < count; ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    draw_label(painter, instance, painter.color(lightened(rgb_of(instance))), taken);
  }
}

}  // namespace gstvcl
