// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include "plugins/vis-segment/session.hpp"

namespace gstvcl {

/// The properties of vcl-vis-segment, kept in Shared.
void install_vis_segment_properties(GObjectClass* klass);

/// That of an element (gstvclvissegment.cpp).
Shared& shared_of(GObject* element);

}  // namespace gstvcl
