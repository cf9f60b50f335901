// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <vector>

#include "training/clips/clip.hpp"

namespace vcl::train {

/// The clips of one update.
using Batch = std::vector<Clip>;

}  // namespace vcl::train
