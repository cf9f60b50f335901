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

/// What is drawn of the instances.
struct Scene {
  bool masks = true, contours = true, boxes = false, labels = true, trails = false;
  bool ids = true, scores = true;  // in labels
  double opacity = 0.45;           // of masks
  int thickness = 2;               // of contours, boxes and trails, pixels
  std::vector<Rgb> palette;        // tracks take its colors in turn; none: palette_color()
};

/// The latest box centers of every track, for trails.
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

/// Where a scene is drawn: calls `draw` with a painter that takes all that lies in `bounds`.
using Surface = std::function<void(const vcl::Box& bounds, const std::function<void(Painter&)>& draw)>;

/// Draws all instances of the frame of this size; the best score comes last, on top.
void draw_scene(const Surface& surface, vcl::Size frame, const GstVclInstancesMeta* meta, const Scene& scene,
                Trails& trails);
/// The same with one painter for everything.
void draw_scene(Painter& painter, const GstVclInstancesMeta* meta, const Scene& scene, Trails& trails);

}  // namespace gstvcl
