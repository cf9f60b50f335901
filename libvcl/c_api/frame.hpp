// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/frame.hpp"
#include "vcl/vcl.h"

namespace vcl {

/// The caller's picture. Throws Error(Invalid) for null, sizes, formats and matrices that do not exist; not checked
/// are planes and strides.
FrameView frame_view(const VclFrame* given);

}  // namespace vcl
