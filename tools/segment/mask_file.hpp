// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <string>

#include "vcl/mask.hpp"

namespace vcl {

/// Reads a picture that marks what to ignore. Returns 0 where it is not brighter than mid gray, and 1 elsewhere. Throws
/// Error(NotFound | Unreadable), which names the file, and Error(Invalid) if everything would be hidden.
Mask read_mask(const std::string& path);

/// Converts the mask for the property `mask` of vcl-vis-segment. Returns: (transfer full)
GstSample* make_mask_sample(const Mask& mask);

}  // namespace vcl
