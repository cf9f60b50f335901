// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "vcl/features.hpp"

namespace vcl {

/// The file of `vcl features` (docs/formats.md): "features" [C, gh, gw], and "input" where it is given.
void write_features(const std::string& path, const FeatureMap& map, const NetworkInput& input);

/// Such a file, or any .safetensors file with float32 "features" [C, gh, gw]; what it does not say of the image is
/// `input`. Throws Error(NotFound | Unreadable).
FeatureMap read_features(const std::string& path, Size input);

}  // namespace vcl
