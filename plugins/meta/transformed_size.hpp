// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include "vcl/geometry.hpp"

namespace gstvcl {

/// Returns the size of the frame after a meta transform. Empty if the geometry is unknown and the meta must be dropped.
vcl::Size transformed_size(vcl::Size frame, GQuark type, gpointer data);

}  // namespace gstvcl
