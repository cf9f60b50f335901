// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vcl/model.hpp"

namespace vcl {

/// The names of the official vision transformers of DINO, DINOv2 and DINOv3.
std::vector<std::string> official_vits();
/// Their tensors, or nothing for another name.
std::optional<TensorShapes> official_vit(const std::string& architecture);

}  // namespace vcl
