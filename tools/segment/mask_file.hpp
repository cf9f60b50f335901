// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <string>

#include "vcl/mask.hpp"

namespace vcl {

/// A picture that says what to ignore: 0 where it is darker than mid gray, 1 elsewhere. Throws Error(NotFound |
/// Unreadable) naming the file, and Error(Invalid) where nothing would be left to look at.
Mask read_mask(const std::string& path);

/// The mask as the property `mask` of vcl-vis-segment takes it. Returns: (transfer full)
GstSample* make_mask_sample(const Mask& mask);

}  // namespace vcl
