// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>

#include "libvcl/engine/weights.hpp"
#include "vcl/precision.hpp"

namespace vcl {

/// A video model, its weights prepared for inference and on their device; never changed after. Where it is `shared`,
/// all who have the same file, as it is now on disk, open for the same device in the same precision get the one copy
/// that is in memory, which goes with the last of them. Any thread. Errors as open_engine, naming the file.
std::shared_ptr<const Model> loaded_model(const std::string& path, const at::Device& device, Precision precision,
                                          bool shared);

}  // namespace vcl
