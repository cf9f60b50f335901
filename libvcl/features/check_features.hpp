// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/features.hpp"

namespace vcl {

/// Throws Error(Invalid) unless there is at least one patch and a finite value for each channel and patch.
void check_features(const FeatureMap& features);

}  // namespace vcl
