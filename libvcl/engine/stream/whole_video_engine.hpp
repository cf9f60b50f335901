// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "libvcl/engine/stream/motion_input.hpp"
#include "libvcl/engine/stream/moving_parts.hpp"
#include "libvcl/engine/stream/segmentation_model.hpp"
#include "libvcl/engine/stream/steps.hpp"
#include "libvcl/engine/video/frame_store.hpp"

namespace vcl {

/// vcl::Engine that decodes the whole video at once, as the paper does: a query is an object from the first frame to
/// the last, so nothing is joined. All results come from drain(); features wait in a FrameStore. A model that sees
/// motion sees cuts: each shot is a video by itself then.
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
  /// Runs the network on a frame that waits for no neighbour any more.
  void see(const MotionInput::Frame& frame);
  /// Gives the frames of the shot that ends here their instances.
  void finish_shot();
  /// What moves in these of the shot's frames.
  MovingParts moving_parts(std::int64_t first, std::int64_t count) const;
  /// Scores [Q] with the model's priors.
  at::Tensor weighed(const at::Tensor& scores, const at::Tensor& embedding, Steps steps) const;
  /// Gives every inferred frame of the shot its instances: those of the queries with these scores [Q].
  void report(const at::Tensor& embedding, const at::Tensor& scores, Steps steps);
  void repeat_where_stale();
  /// Forgets all but the number of the next frame and of the next id.
  void end_tracks();

  const std::shared_ptr<Watcher> watcher_;
  const SegmentationModel model_;
  const std::uint64_t feature_memory_;
  Filters filters_;
  std::uint64_t ids_ = 0;  ///< given so far

  // The video's state: forgotten whole by end_tracks(), but for the count of frames.
  std::uint64_t frames_before_ = 0;  ///< that drain() gave results of
  Letterbox letterbox_;
  MotionInput motion_input_;
  std::optional<FrameStore> frames_;  ///< those of the shot that inference ran for
  std::vector<at::Tensor> moves_;     ///< of each of these frames, in 255ths; undefined where nobody knows
  std::size_t shot_ = 0;              ///< the first result of the shot
  std::vector<FrameResult> results_;  ///< of all frames
};

}  // namespace vcl
