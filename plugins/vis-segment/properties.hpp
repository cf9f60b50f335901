// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include "plugins/vis-segment/session.hpp"

namespace gstvcl {

/// Installs the properties of vcl-vis-segment, whose values are in Shared.
void install_vis_segment_properties(GObjectClass* klass);

/// Returns the Shared of an element (gstvclvissegment.cpp).
Shared& shared_of(GObject* element);

}  // namespace gstvcl
