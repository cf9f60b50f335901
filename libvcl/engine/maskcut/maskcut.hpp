// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "engine/maskcut/bipartition.hpp"

/// MaskCut (method.md 2): up to N objects from one image's patch features by repeated normalised cuts, each on what the
/// cuts before left over. No learning, no threshold but tau.
namespace vcl {

struct MaskCutOptions {
  double tau = 0.15;  ///< cosine similarity above which two patches are alike, in [0, 1)
  int masks = 3;      ///< cuts an image, 1..64
  CutSign sign = CutSign::Canonical;
};

enum class CutRejection { None, Size, Repeat };

/// All that one cut decided; grids are row-major patches.
struct CutStep {
  PatchMask painting;  ///< objects of earlier cuts, left out of this one
  double eigenvalue = 0;
  double next_eigenvalue = 0;
  bool degenerate = false;     ///< the eigenvector is arbitrary among several: another solver may cut otherwise
  std::vector<double> vector;  ///< the eigenvector, of the chosen sign; empty where no patch was left
  Bipartition split;
  PatchMask component;      ///< the seed's connected part of the foreground
  double previous_iou = 0;  ///< of the component and the mask accepted one cut earlier; NaN: both empty
  CutRejection rejection = CutRejection::None;  ///< never of the first cut
  PatchMask accepted;                           ///< the component, or empty when rejected
  PatchMask output;  ///< accepted without the outputs before: outputs are disjoint, maybe empty
};

/// `features`: float or double [C, gh, gw] of at least two patches, the grid of any shape. Always `masks` steps.
/// Throws Error(Invalid) for options out of range, features of another shape or values that are not finite.
std::vector<CutStep> maskcut(const at::Tensor& features, const MaskCutOptions& options = {});

/// The steps' outputs, each patch spread over its pixels (nearest): uint8 [N, height, width] of 0 and 1.
at::Tensor maskcut_pixels(const std::vector<CutStep>& steps, std::int64_t grid_width, std::int64_t width,
                          std::int64_t height);

}  // namespace vcl
