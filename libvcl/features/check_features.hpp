// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "vcl/features.hpp"

namespace vcl {

/// Throws Error(Invalid) unless there is a finite value for each channel and patch, and a patch.
void check_features(const FeatureMap& features);

}  // namespace vcl
