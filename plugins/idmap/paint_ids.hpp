// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/base/frame_view.hpp"
#include "plugins/idmap/track_list.hpp"

namespace gstvcl {

/// The instances of one frame from bottom to top. A better score covers a worse one; of equal scores the one listed
/// first is on top. Valid as long as their meta.
using Layers = std::vector<const GstVclInstance*>;

/// Returns the instances of `meta` that belong to the tracks.
Layers layers_of(const GstVclInstancesMeta* meta, const TrackList& tracks);

/// The paint functions fill the whole frame and ignore parts of masks outside of it.
/// Writes GRAY8 or GRAY16_LE: region_id() of the topmost track, 0 where there is no instance.
void paint_ids(const Layers& layers, GstVideoFrame* map);
/// Writes GRAY8: 255 where there is any instance, 0 elsewhere.
void paint_matte(const Layers& layers, GstVideoFrame* matte);
/// Writes RGBA with the size of `source`: its colors, and its alpha where there is any instance (opaque if it has no
/// alpha), 0 elsewhere. Colors are not multiplied by alpha. Throws vcl::Error like frame_to_rgb.
void paint_cutout(const Layers& layers, MappedFrame& source, GstVideoFrame* cutout);

}  // namespace gstvcl
