// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>

#include "libvcl/engine/weights.hpp"
#include "vcl/precision.hpp"

namespace vcl {

/// Loads a video model, with its weights prepared for inference and on the device. It is never changed afterwards. If
/// `shared`, all users of the same version of the file with the same device and precision get one copy, which is freed
/// with its last user. Thread-safe. Throws the errors of open_engine, which name the file.
std::shared_ptr<const Model> loaded_model(const std::string& path, const at::Device& device, Precision precision,
                                          bool shared);

}  // namespace vcl
