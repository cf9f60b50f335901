// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include "plugins/vis-segment/session.hpp"

namespace gstvcl {

/// The properties of vcl-vis-segment, kept in Shared.
void install_properties(GObjectClass* object_class);

/// False for a property that cannot change in this state.
bool set_property(Shared& shared, guint id, const GValue* value, GstState state);
void get_property(Shared& shared, guint id, GValue* value);

}  // namespace gstvcl
