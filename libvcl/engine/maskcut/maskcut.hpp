// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include "vcl/maskcut.hpp"

namespace vcl {

/// Runs the cuts of vcl/maskcut.hpp on `features`, float or double [C, gh, gw], on any device.
std::vector<CutStep> maskcut(const at::Tensor& features, const MaskCutOptions& options = {});

}  // namespace vcl
