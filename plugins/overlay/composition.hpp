// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <memory>

#include "plugins/overlay/scene.hpp"

namespace gstvcl {

struct UnrefComposition {
  void operator()(GstVideoOverlayComposition* composition) const { gst_video_overlay_composition_unref(composition); }
};
using CompositionPtr = std::unique_ptr<GstVideoOverlayComposition, UnrefComposition>;

/// Returns what draw_scene() draws on a frame, as pictures to be blended over it, or null if there is nothing to draw.
/// Throws std::bad_alloc.
CompositionPtr compose_scene(vcl::Size frame, const GstVclInstancesMeta* meta, const Scene& scene, Trails& trails);

/// Attaches the composition on top of those that the buffer already has from other elements. The buffer must be
/// writable.
void attach_composition(GstBuffer* buffer, CompositionPtr composition);

}  // namespace gstvcl
