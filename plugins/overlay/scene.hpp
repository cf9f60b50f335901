// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/draw/painter.hpp"

namespace gstvcl {

/// What vcl-overlay draws.
struct Style {
  bool masks = true, contours = true, labels = true, trails = false;
  double opacity = 0.45;  // of masks
  int thickness = 2;      // of contours and trails, pixels
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

/// Draws all instances of the frame; the best score comes last, on top.
void draw_scene(Painter& painter, const GstVclInstancesMeta* meta, const Style& style, Trails& trails);

}  // namespace gstvcl
