// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "libvcl/engine/weights.hpp"

namespace vcl::train {

/// Returns the network whose floating-point tensors are the means of those of the models, with the configuration of the
/// last model. The average of networks trained from one another is often better than each of them. Throws
/// Error(Invalid) if there are fewer than two files, or if a tensor is missing in one of them or has another shape.
/// Throws Error like load_model.
Model average_models(const std::vector<std::string>& paths);

}  // namespace vcl::train
