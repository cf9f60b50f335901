// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/frame.hpp"
#include "vcl/vcl.h"

namespace vcl {

/// Returns a view of the caller's picture. Throws Error(Invalid) if it is null or has an impossible size, format or
/// matrix. Does not check planes and strides.
FrameView frame_view(const VclFrame* given);

}  // namespace vcl
