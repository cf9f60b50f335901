// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

namespace gstvcl {

/// Adds the twin anew to a buffer that has the meta that it repeats. Returns null if there is no such meta.
using AddTwin = GstCustomMeta* (*)(GstBuffer* buffer);

/// Registers `name` with tags that make elements that crop, flip or rotate drop it. Copies of a buffer copy the
/// structure. After scaling, `add` makes it anew from the meta that it repeats.
void register_twin(const gchar* name, AddTwin add);

/// Adds the twin `name` with the fields of `fields`.
GstCustomMeta* add_twin(GstBuffer* buffer, const gchar* name, const GstStructure* fields);

}  // namespace gstvcl
