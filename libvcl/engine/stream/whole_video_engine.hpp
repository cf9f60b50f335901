// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "libvcl/engine/stream/motion_input.hpp"
#include "libvcl/engine/stream/moving_parts.hpp"
#include "libvcl/engine/stream/segmentation_model.hpp"
#include "libvcl/engine/stream/steps.hpp"
#include "libvcl/engine/video/frame_store.hpp"

namespace vcl {

/// A vcl::Engine that decodes the whole video at once, as the paper does: a query is one object from the first frame to
/// the last, so no tracks are joined. drain() returns all results. Until then the features are in a FrameStore. With a
/// model that sees motion, each shot is decoded as a separate video.
class WholeVideoEngine final : public Engine {
 public:
  explicit WholeVideoEngine(const EngineOptions& options)
      : watcher_(options.watcher),
        model_(options),
        feature_memory_(options.feature_memory),
        motion_input_(model_.neighbours, true) {}

  void set_filters(const Filters& filters) override { filters_ = filters; }
  int latency_frames() const override { return kUnboundedLatency; }
  std::vector<FrameResult> push(const FrameView& frame, std::int64_t pts, bool infer) override;
  std::vector<FrameResult> drain() override;
  void reset() override;

 private:
  /// Runs the network on a frame that no longer waits for neighbors.
  void see(const MotionInput::Frame& frame);
  /// Gives the frames of the current shot their instances.
  void finish_shot();
  /// Returns the moving parts in `count` frames of the shot from `first`.
  MovingParts moving_parts(std::int64_t first, std::int64_t count) const;
  /// Scores [Q] with the model's priors.
  at::Tensor weighed(const at::Tensor& scores, const at::Tensor& embedding, Steps steps) const;
  /// Gives every inferred frame of the shot its instances: those of the queries with these scores [Q].
  void report(const at::Tensor& embedding, const at::Tensor& scores, Steps steps);
  void repeat_where_stale();
  /// Clears the state of the video, except the numbers of the next frame and the next id.
  void end_tracks();

  const std::shared_ptr<Watcher> watcher_;
  const SegmentationModel model_;
  const std::uint64_t feature_memory_;
  Filters filters_;
  std::uint64_t ids_ = 0;  ///< number of ids given so far

  // The state of the video. end_tracks() clears all of it except the count of frames.
  std::uint64_t frames_before_ = 0;  ///< number of frames whose results drain() has returned
  Letterbox letterbox_;
  MotionInput motion_input_;
  std::optional<FrameStore> frames_;  ///< inferred frames of the shot
  std::vector<at::Tensor> moves_;     ///< for each of these frames, in units of 1/255; undefined if unknown
  std::size_t shot_ = 0;              ///< index of the shot's first result
  std::vector<FrameResult> results_;  ///< of all frames
};

}  // namespace vcl
