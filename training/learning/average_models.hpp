// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "libvcl/engine/weights.hpp"

namespace vcl::train {

/// Returns the network whose floating tensors are the means of the models', with the configuration of the last one.
/// The average of networks that continued from one another is often better than either. Throws Error(Invalid) for fewer
/// than two files and for a tensor that one of them lacks or has in another shape, Error as load_model.
Model average_models(const std::vector<std::string>& paths);

}  // namespace vcl::train
