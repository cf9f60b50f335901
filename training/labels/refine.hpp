// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/labels/pseudo_label.hpp"

namespace vcl::train {

/// Options of a round of self-training: `pack.labels` are the present labels (may be empty), `pack.model` is a video
/// network.
struct RefineOptions {
  PseudoLabelOptions pack;
  float least_score = 0.7F;  ///< minimum score of a prediction that becomes a label, 0..1
};
/// Writes new labels of the pack and prints what has changed. An interrupted run continues from its journal.
void refine(const RefineOptions& options);

}  // namespace vcl::train
