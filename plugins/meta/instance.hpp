// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gst/vcl/gstvclinstancesmeta.h"
#include "vcl/mask.hpp"

/// Immutable once built, reference-counted (g_atomic_rc_box), shared by the metas of copied buffers.
struct _GstVclInstance {
  guint64 track_id;
  gfloat score;
  GstVclInstanceFlags flags;
  GstVclBox box;
  guint64 area;
  gchar* rle;
  GstBuffer* mask;
};

namespace gstvcl {

/// Makes an instance from a mask that is not empty. Transfer full; released by instance_unref.
GstVclInstance* instance_new(guint64 track_id, gfloat score, GstVclInstanceFlags flags, const vcl::Rle& mask);
/// Returns the instance without the flag NEW: the same instance if it does not have the flag, otherwise a copy.
/// Transfer full.
GstVclInstance* instance_repeat(const GstVclInstance* instance);
void instance_unref(gpointer instance);

/// Returns the instances for a frame scaled to `to`. They are shared if the size does not change. Transfer full.
GPtrArray* instances_scale(const GPtrArray* instances, vcl::Size from, vcl::Size to);

}  // namespace gstvcl
