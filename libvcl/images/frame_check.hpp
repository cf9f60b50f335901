// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/frame.hpp"

namespace vcl {

/// Throws Error(Invalid) for a frame that is empty, lacks a plane of its format or has a stride shorter than a row;
/// Error(Unsupported) for a format that does not exist.
void check_frame(const FrameView& frame);

}  // namespace vcl
