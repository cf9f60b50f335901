// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace vcl {

/// An element that brings HDR video to SDR (8 bits, I420, BT.709); all other video passes as it is.
constexpr const char* kSdrFilter = "vcl-sdr";

/// Makes the element known to this process.
void register_sdr_filter();

}  // namespace vcl
