// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "training/distributed/share.hpp"
#include "training/fit.hpp"
#include "training/imagecut2video.hpp"

namespace vcl::train {

using Batch = std::vector<Clip>;

/// Makes batches by their index alone: any number of worker threads gives the same training data. The arguments
/// must outlive it.
class BatchMaker {
 public:
  BatchMaker(const FitOptions& options, bool dense, const LabelledPhotos& photos, Share share);
  /// This share of the batch; every sample is what it is in the whole one.
  Batch operator()(std::uint64_t index) const;

 private:
  Batch paper_batch(std::uint64_t index, Size canvas) const;

  const FitOptions& options_;
  bool dense_;
  const LabelledPhotos& photos_;
  const Share share_;
  WeightedSampler sampler_;
  std::optional<ClipSource> source_;
};

/// The same clips each time, from photos that are never trained on.
std::vector<Clip> held_out_clips(const LabelledPhotos& photos, const FitOptions& options);

}  // namespace vcl::train
