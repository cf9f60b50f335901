// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "training/clips/batch.hpp"
#include "training/clips/imagecut2video.hpp"
#include "training/clips/labelled_videos.hpp"
#include "training/distributed/share.hpp"
#include "training/fit/fit.hpp"

namespace vcl::train {

/// Makes a batch from its index alone, so that any number of worker threads produces the same training data. The
/// arguments must outlive it.
class BatchMaker {
 public:
  /// If `videos` is not null, the share options.labelled_share of the batches come from it. Without photos that share
  /// must be 1. Each clip keeps its `most_objects` largest objects.
  BatchMaker(const FitOptions& options, bool dense, const LabelledPhotos& photos, const LabelledVideos* videos,
             int most_objects, Share share);
  /// Returns this process's share of the batch. Each sample is the same as in the whole batch.
  Batch operator()(std::uint64_t index) const;

 private:
  Batch draw(std::uint64_t index) const;
  Batch paper_batch(std::uint64_t index, Size canvas) const;
  Batch labelled_batch(std::uint64_t index, Size canvas) const;

  const FitOptions& options_;
  bool dense_;
  const LabelledPhotos& photos_;
  const LabelledVideos* videos_;
  int most_objects_;
  const Share share_;
  WeightedSampler sampler_;
  std::optional<ClipSource> source_;
};

/// Turns all but the `most` largest objects of a clip into background.
void keep_largest(Clip& clip, int most);

/// Returns the same clips each time, made as `kind` says from photos that are never trained on.
std::vector<Clip> held_out_clips(const LabelledPhotos& photos, const FitOptions& options, const ClipOptions& kind);

}  // namespace vcl::train
