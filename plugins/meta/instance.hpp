// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gst/vcl/gstvclinstancesmeta.h"
#include "vcl/mask.hpp"

/// Immutable once built, counted by reference (g_atomic_rc_box), shared between the metas of copied buffers.
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

/// From a mask that is not empty. Transfer full; released by instance_unref.
GstVclInstance* instance_new(guint64 track_id, gfloat score, GstVclInstanceFlags flags, const vcl::Rle& mask);
/// The same, but not new: itself where it is not. Transfer full.
GstVclInstance* instance_repeat(const GstVclInstance* instance);
void instance_unref(gpointer instance);

/// The same instances in a frame scaled to `to`: shared where the size stays. Transfer full.
GPtrArray* instances_scale(const GPtrArray* instances, vcl::Size from, vcl::Size to);

}  // namespace gstvcl
