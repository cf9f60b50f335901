// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/draw/painter.hpp"
#include "vcl/geometry.hpp"

namespace gstvcl {

/// What to draw of the instances.
struct Scene {
  bool masks = true, contours = true, boxes = false, labels = true, trails = false;
  bool ids = true, scores = true;  // whether labels show them
  double opacity = 0.45;           // opacity of masks
  int thickness = 2;               // pixels, of contours, boxes and trails
  std::vector<Rgb> palette;        // colors of the tracks, used in turn; empty: palette_color()
};

/// The latest centers of each track's box, from which its trail is drawn.
class Trails {
 public:
  struct Point {
    int x, y;
  };
  void add(const GstVclInstancesMeta* meta);
  void clear() { tracks_.clear(); }
  const std::deque<Point>& of(std::uint64_t track_id) { return tracks_[track_id].points; }

 private:
  struct Track {
    std::deque<Point> points;
    int unseen = 0;
  };
  std::map<std::uint64_t, Track> tracks_;
};

/// A target to draw on. It calls `draw` with a painter that covers everything in `bounds`.
using Surface = std::function<void(const vcl::Box& bounds, const std::function<void(Painter&)>& draw)>;

/// Draws all instances of a frame of this size. The instance with the best score comes last, on top.
void draw_scene(const Surface& surface, vcl::Size frame, const GstVclInstancesMeta* meta, const Scene& scene,
                Trails& trails);
/// Draws everything with one painter.
void draw_scene(Painter& painter, const GstVclInstancesMeta* meta, const Scene& scene, Trails& trails);

}  // namespace gstvcl
