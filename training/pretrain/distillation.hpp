// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

#include "libvcl/engine/nn/batch_norm.hpp"
#include "libvcl/engine/weights.hpp"

/// The networks and the loss of DINO's self-distillation (Caron et al. 2021): a student learns to say of every view
/// what a teacher, the student's own moving average, says of the large ones.
namespace vcl::train {

struct DistillationSizes {
  std::string arch = "vit-tiny";   ///< vit-tiny, vit-small (patch 16) or resnet-tiny
  int global_side = 224;           ///< the position grid of a transformer is made for it
  std::int64_t prototypes = 4096;  ///< outputs of the projection head
};

/// An encoder to train with its projection head ("head.*"), from torch's default generator. Throws Error(Invalid) for
/// an architecture that is not known.
Model initialise_encoder(const DistillationSizes& sizes);
/// The same tensors without the head: what is kept in the end. Loads into vcl-train fit (resnet-tiny) and MaskCut.
Model without_head(const Model& model);

/// Image vectors [B, C] of normalised images. `training`: batch norms use and update the batch's statistics.
at::Tensor encode(const at::Tensor& images, const Model& model, bool training);
/// Image vectors to scores of the prototypes [B, K].
at::Tensor project(const at::Tensor& vectors, const Model& model);

/// Cross-entropy between the teacher's sharpened, centred distributions of `globals` views [2 * B, K] and the student's
/// of all views [V * B, K] (view-major, globals first), over all pairs of different views.
at::Tensor distillation_loss(const at::Tensor& student, const at::Tensor& teacher, const at::Tensor& centre);

/// Signs of collapse, from the teacher's outputs [2 * B, K] and image vectors [2 * B, C].
struct Collapse {
  double entropy =
      0;  ///< mean entropy of a view's distribution over log K: near 1 says the same of everything, uniformly
  double usage = 0;  ///< entropy of the mean distribution over log K: near 0 says the same prototype of everything
  double feature_spread =
      0;  ///< deviation of unit image vectors over the batch times sqrt(C): near 0 is collapse, 1 is random
  bool collapsed() const { return entropy > 0.99 || usage < 0.02 || feature_spread < 0.02; }
};
/// `sum` (may be empty) adds up over all processes that hold a part of the batch.
Collapse measure_collapse(const at::Tensor& teacher, const at::Tensor& centre, const at::Tensor& vectors,
                          const SumOverParts& sum = {});

}  // namespace vcl::train
