// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/base/frame_view.hpp"
#include "plugins/idmap/track_list.hpp"

namespace gstvcl {

/// Instances of one frame from the lowest to the topmost: a better score covers a worse one, of equal scores the one
/// listed first. Valid as long as their meta.
using Layers = std::vector<const GstVclInstance*>;

/// Those of `meta` that belong to the tracks.
Layers layers_of(const GstVclInstancesMeta* meta, const TrackList& tracks);

/// Fill the whole frame; parts of masks outside of it are left out.
/// GRAY8 or GRAY16_LE: region_id() of the track on top, 0 where there is none.
void paint_ids(const Layers& layers, GstVideoFrame* map);
/// GRAY8: 255 where there is any instance, else 0.
void paint_matte(const Layers& layers, GstVideoFrame* matte);
/// RGBA, of the size of `source`: its colors, with its alpha (opaque where it has none) where there is any instance,
/// else transparent; colors are not multiplied by alpha. Throws vcl::Error as frame_to_rgb.
void paint_cutout(const Layers& layers, MappedFrame& source, GstVideoFrame* cutout);

}  // namespace gstvcl
