// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

/// What masks look like when they are objects: factors of their scores, 0 to 1. masks: bool [Q, T, h, w]; result [Q].
namespace vcl {

/// How little of each mask lies along the border of the frame, as boundary connectivity (Zhu et al. 2014):
/// exp(-b^2 / 2), b = border cells / sqrt(area), mean over the frames. A corner's cell counts twice.
at::Tensor not_background(const at::Tensor& masks);

/// min(1, share / typical)^(1/4) of each mask's share of the frame: of masks that are scored alike the larger is more
/// often the object that people mean, the smaller a detail of the background.
at::Tensor large_enough(const at::Tensor& masks, double typical);

}  // namespace vcl
