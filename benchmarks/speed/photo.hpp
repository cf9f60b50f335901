// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vcl/frame.hpp"

/// Returns the photo of all image benchmarks: RGB [kSide, kSide, 3]. It is synthetic unless an image file was read.
const std::vector<std::uint8_t>& photo();
vcl::FrameView photo_frame();

/// Scales an image file to the photo's size. Throws std::runtime_error.
void read_photo(const std::string& path);
