// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

#include "libvcl/engine/nn/batch_norm.hpp"
#include "libvcl/engine/weights.hpp"

/// The networks and the loss of DINO's self-distillation (Caron et al. 2021). A student learns to predict, from every
/// view, the output of a teacher for the large views. The teacher is a moving average of the student.
namespace vcl::train {

struct DistillationSizes {
  std::string arch = "vit-tiny";   ///< vit-tiny, vit-small (patch 16) or resnet-tiny
  int global_side = 224;           ///< also defines the position grid of a transformer
  std::int64_t prototypes = 4096;  ///< outputs of the projection head
};

/// Returns a random encoder with its projection head ("head.*"), drawn from torch's default generator. Throws
/// Error(Invalid) for an unknown architecture.
Model initialise_encoder(const DistillationSizes& sizes);
/// Returns the same tensors without the head, which is the final result. vcl-train fit (resnet-tiny) and MaskCut can
/// load it.
Model without_head(const Model& model);

/// Returns image vectors [B, C] of normalized images. If `training` is set, batch norms use the batch's statistics and
/// update theirs.
at::Tensor encode(const at::Tensor& images, const Model& model, bool training);
/// Returns prototype scores [B, K] of image vectors.
at::Tensor project(const at::Tensor& vectors, const Model& model);

/// Returns the cross-entropy between the teacher's sharpened, centered distributions of the global views [2 * B, K] and
/// the student's distributions of all views [V * B, K] (view-major, globals first), averaged over all pairs of
/// different views.
at::Tensor distillation_loss(const at::Tensor& student, const at::Tensor& teacher, const at::Tensor& centre);

/// Indicators of collapse, from the teacher's outputs [2 * B, K] and image vectors [2 * B, C].
struct Collapse {
  double entropy = 0;  ///< mean entropy of a view's distribution over log K; near 1: always uniform
  double usage = 0;    ///< entropy of the mean distribution over log K; near 0: always the same prototype
  double feature_spread =
      0;  ///< standard deviation of unit image vectors over the batch times sqrt(C); near 0: collapsed; 1: random
  bool collapsed() const { return entropy > 0.99 || usage < 0.02 || feature_spread < 0.02; }
};
/// `sum` (may be empty) sums over all processes that hold a part of the batch.
Collapse measure_collapse(const at::Tensor& teacher, const at::Tensor& centre, const at::Tensor& vectors,
                          const SumOverParts& sum = {});

}  // namespace vcl::train
