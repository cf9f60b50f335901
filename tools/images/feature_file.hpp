// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "vcl/features.hpp"

namespace vcl {

/// Writes the file of `vcl features` (docs/formats.md): the tensors "features" [C, gh, gw] and "input".
void write_features(const std::string& path, const FeatureMap& map, const NetworkInput& input);

/// Reads such a file, or any .safetensors file with float32 "features" [C, gh, gw]. `input` is the size that the image
/// was scaled to; 0x0: the file's size, or else 480x480. Throws Error(NotFound | Unreadable).
FeatureMap read_features(const std::string& path, Size input);

}  // namespace vcl
