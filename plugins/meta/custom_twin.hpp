// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace gstvcl {

/// What a custom meta that repeats another meta needs: adding it anew to a buffer that has the other one, or null.
using AddTwin = GstCustomMeta* (*)(GstBuffer* buffer);

/// Registers `name` with tags by which elements that crop, flip or rotate drop it. Copies of a buffer take the
/// structure as it is; after scaling `add` makes it anew from the meta that it repeats.
void register_twin(const gchar* name, AddTwin add);

/// Adds the twin `name` with the fields of `fields`.
GstCustomMeta* add_twin(GstBuffer* buffer, const gchar* name, const GstStructure* fields);

}  // namespace gstvcl
