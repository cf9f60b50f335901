// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/frame.hpp"

namespace vcl {

/// Throws Error(Invalid) if a frame is empty, lacks a plane of its format or has a stride shorter than a row. Throws
/// Error(Unsupported) for an unknown format.
void check_frame(const FrameView& frame);

}  // namespace vcl
