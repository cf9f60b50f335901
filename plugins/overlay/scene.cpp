// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/overlay/scene.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>

#include "plugins/attach/region_id.hpp"
#include "plugins/meta/mapped_buffer.hpp"

namespace gstvcl {
namespace {

constexpr std::size_t kTrailLength = 60;  // in frames
constexpr int kForgetAfter = 60;          // number of frames without the track

// Returns the distance in steps of each mask pixel to the nearest pixel outside of the mask, at most 255. It is 0
// outside.
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

vcl::Box box_of(const GstVclInstance* instance) {
  GstVclBox box;
  gst_vcl_instance_get_box(instance, &box);
  return {box.x, box.y, box.width, box.height};
}

void draw_mask(Painter& painter, const GstVclInstance* instance, const Scene& scene, const Painter::Color& color) {
  const vcl::Box box = box_of(instance);
  const MappedBuffer mask(gst_vcl_instance_get_mask(instance), GST_MAP_READ);
  const int alpha = scene.masks ? int(scene.opacity * 256) : 0;
  std::vector<guint8> depth;
  if (scene.contours) depth = depth_inside(mask.data(), box.width, box.height);
  for (int y = 0; y < box.height; ++y)
    for (int x = 0; x < box.width; ++x) {
      const std::size_t i = std::size_t(y) * std::size_t(box.width) + std::size_t(x);
      if (!mask.data()[i]) continue;
      const bool edge = scene.contours && depth[i] <= scene.thickness;
      painter.blend(box.x + x, box.y + y, color, edge ? 256 : alpha);
    }
}

void draw_box(Painter& painter, const vcl::Box& box, int thickness, const Painter::Color& color) {
  const int across = std::min(thickness, box.width), down = std::min(thickness, box.height);
  painter.fill(box.x, box.y, box.width, down, color, 256);
  painter.fill(box.x, box.y + box.height - down, box.width, down, color, 256);
  painter.fill(box.x, box.y, across, box.height, color, 256);
  painter.fill(box.x + box.width - across, box.y, across, box.height, color, 256);
}

void draw_trail(const Surface& surface, const std::deque<Trails::Point>& points, int thickness, Rgb rgb) {
  const auto [left, right] = std::ranges::minmax_element(points, {}, &Trails::Point::x);
  const auto [top, bottom] = std::ranges::minmax_element(points, {}, &Trails::Point::y);
  const vcl::Box bounds{left->x - thickness, top->y - thickness, right->x - left->x + 2 * thickness,
                        bottom->y - top->y + 2 * thickness};
  surface(bounds, [&](Painter& painter) {
    for (std::size_t i = 1; i < points.size(); ++i)
      painter.line(points[i - 1].x, points[i - 1].y, points[i].x, points[i].y, thickness, painter.color(rgb));
  });
}

// Places the label above the box if there is room, else inside of it, and below labels that are already there.
vcl::Box place_label(vcl::Size frame, const vcl::Box& box, vcl::Size size, const std::vector<vcl::Box>& taken) {
  vcl::Box label{std::max(0, std::min(box.x, frame.width - size.width)),
                 box.y >= size.height ? box.y - size.height : box.y, size.width, size.height};
  const auto overlaps = [&label](const vcl::Box& other) {
    return label.x < other.x + other.width && other.x < label.x + label.width && label.y < other.y + other.height &&
           other.y < label.y + label.height;
  };
  while (true) {
    const auto hit = std::ranges::find_if(taken, overlaps);
    if (hit == taken.end() || label.y >= frame.height) return label;
    label.y = hit->y + hit->height;
  }
}

// Makes the color readable on the dark background of labels.
Rgb lightened(Rgb color) {
  const auto half_to_white = [](guint8 value) { return guint8((255 + value) / 2); };
  return {half_to_white(color.r), half_to_white(color.g), half_to_white(color.b)};
}

/// Writes a decimal point in every locale, because the painter has no comma.
std::string score_text(float score) {
  char text[48];
  const auto end = std::to_chars(std::begin(text), std::end(text), double(score), std::chars_format::fixed, 2);
  return std::string(text, end.ptr);
}

std::string label_text(const GstVclInstance* instance, const Scene& scene) {
  const std::string id = "#" + std::to_string(gst_vcl_instance_get_track_id(instance));
  const std::string score = score_text(gst_vcl_instance_get_score(instance));
  return !scene.scores ? id : !scene.ids ? score : id + " " + score;
}

void draw_label(const Surface& surface, vcl::Size frame, const GstVclInstance* instance, const std::string& text,
                Rgb rgb, std::vector<vcl::Box>& taken) {
  const int scale = std::max(1, std::min(frame.width, frame.height) / 240);
  const vcl::Size size{Painter::text_width(scale, text), Painter::text_height(scale)};
  taken.push_back(place_label(frame, box_of(instance), size, taken));
  const vcl::Box& place = taken.back();
  surface(place, [&](Painter& painter) { painter.text(place.x, place.y, scale, text, painter.color(rgb)); });
}

Rgb color_of(std::uint64_t track_id, const std::vector<Rgb>& palette) {
  if (palette.empty()) return palette_color(region_id<std::uint8_t>(track_id));
  return palette[std::size_t((track_id - 1) % palette.size())];
}

}  // namespace

void Trails::add(const GstVclInstancesMeta* meta) {
  for (auto& [id, track] : tracks_) ++track.unseen;
  for (guint i = 0; i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    const vcl::Box box = box_of(instance);
    Track& track = tracks_[gst_vcl_instance_get_track_id(instance)];
    track.unseen = 0;
    track.points.push_back({box.x + box.width / 2, box.y + box.height / 2});
    if (track.points.size() > kTrailLength) track.points.pop_front();
  }
  std::erase_if(tracks_, [](const auto& entry) { return entry.second.unseen > kForgetAfter; });
}

void draw_scene(const Surface& surface, vcl::Size frame, const GstVclInstancesMeta* meta, const Scene& scene,
                Trails& trails) {
  trails.add(meta);
  const guint count = gst_vcl_instances_meta_get_n_instances(meta);
  for (guint i = count; i-- > 0;) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    const std::uint64_t track_id = gst_vcl_instance_get_track_id(instance);
    const Rgb rgb = color_of(track_id, scene.palette);
    if (scene.masks || scene.contours || scene.boxes)
      surface(box_of(instance), [&](Painter& painter) {
        const Painter::Color color = painter.color(rgb);
        if (scene.masks || scene.contours) draw_mask(painter, instance, scene, color);
        if (scene.boxes) draw_box(painter, box_of(instance), scene.thickness, color);
      });
    if (scene.trails) draw_trail(surface, trails.of(track_id), scene.thickness, rgb);
  }
  if (!scene.labels || (!scene.ids && !scene.scores)) return;
  std::vector<vcl::Box> taken;
  for (guint i = 0; i < count; ++i) {
    const GstVclInstance* instance = gst_vcl_instances_meta_get_instance(meta, i);
    const Rgb rgb = lightened(color_of(gst_vcl_instance_get_track_id(instance), scene.palette));
    draw_label(surface, frame, instance, label_text(instance, scene), rgb, taken);
  }
}

void draw_scene(Painter& painter, const GstVclInstancesMeta* meta, const Scene& scene, Trails& trails) {
  const Surface everywhere = [&painter](const vcl::Box&, const auto& draw) { draw(painter); };
  draw_scene(everywhere, {painter.width(), painter.height()}, meta, scene, trails);
}

}  // namespace gstvcl
