// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "training/clips/batch.hpp"
#include "training/clips/imagecut2video.hpp"
#include "training/clips/labelled_videos.hpp"
#include "training/distributed/share.hpp"
#include "training/fit/fit.hpp"

namespace vcl::train {

/// Makes batches by their index alone: any number of worker threads gives the same training data. The arguments
/// must outlive it.
class BatchMaker {
 public:
  /// options.labelled_share of the batches are of `videos`, unless null. Without photos all must be. A clip has
  /// `most_objects` at most: the largest.
  BatchMaker(const FitOptions& options, bool dense, const LabelledPhotos& photos, const LabelledVideos* videos,
             int most_objects, Share share);
  /// This share of the batch; every sample is what it is in the whole one.
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

/// The same clips each time, of this kind, from photos that are never trained on.
std::vector<Clip> held_out_clips(const LabelledPhotos& photos, const FitOptions& options, const ClipOptions& kind);

}  // namespace vcl::train
