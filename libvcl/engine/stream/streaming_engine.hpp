// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <deque>
#include <optional>

#include "libvcl/engine/refinement/color_refinement.hpp"
#include "libvcl/engine/stream/frame_motion.hpp"
#include "libvcl/engine/stream/motion_input.hpp"
#include "libvcl/engine/stream/segmentation_model.hpp"
#include "libvcl/engine/stream/window_tracks.hpp"
#include "libvcl/engine/video/transformer_decoder.hpp"

namespace vcl {

/// vcl::Engine on LibTorch: the sliding window over a VideoMask2Former.
class StreamingEngine final : public Engine {
 public:
  explicit StreamingEngine(const EngineOptions& options)
      : watcher_(options.watcher), model_(options), motion_input_(model_.neighbours, options.pipelined) {}

  void set_filters(const Filters& filters) override { filters_ = filters; }
  int latency_frames() const override { return model_.window - 1 + motion_input_.delay(); }
  std::vector<FrameResult> push(const FrameView& frame, std::int64_t pts, bool infer) override;
  std::vector<FrameResult> drain() override;
  void reset() override;

 private:
  /// An inferred frame that windows may see.
  struct Seen {
    std::uint64_t number;
    FrameMemory memory;
    at::Tensor motion = {};                      ///< of FrameMotion, where the model has the prior
    at::Tensor moves = {};                       ///< probability of each mask cell, where the network says it
    CellMotion since_before = {};                ///< where the network sees the frame before
    std::optional<ColorRefinement> colors = {};  ///< where the model refines masks
  };
  struct Pending {
    FrameResult result;
    bool infer = false;
    bool seen = false;  ///< it is or was in a window
    bool decoded = false;
    bool waits() const { return seen && !decoded; }  ///< for more windows that see it
  };

  /// Runs work without gradients on our threads; an error ends the stream, LibTorch's become vcl::Error.
  template <typename Work>
  std::vector<FrameResult> guarded(Work work);
  void accept(const FrameView& frame, std::int64_t pts, bool infer);
  /// Runs the network on a frame that waits for no neighbour any more.
  void see(const MotionInput::Frame& frame);
  /// What comes next has nothing to do with what was: all frames seen get their instances, tracks end.
  void finish_shot();
  /// Decodes the newest window and updates the tracks.
  void decode();
  /// How many frames wait for more windows.
  int waiting() const;
  /// Gives the oldest `count` of them their instances.
  void finish_frames(int count);
  /// Gives the oldest frame its instances by what is known now.
  void finish_oldest();
  /// Of a frame of the newest window.
  std::vector<Instance> instances_of(int frame);
  std::vector<FrameResult> take_ready();
  /// Forgets all but the number of the next frame and of the next id.
  void end_tracks();

  const std::shared_ptr<Watcher> watcher_;
  const SegmentationModel model_;
  Filters filters_;

  // The stream's state: forgotten whole by end_tracks(), but for the count of frames.
  Letterbox letterbox_;
  MotionInput motion_input_;
  std::deque<Seen> recent_;  ///< the last `window` inferred frames
  int fresh_ = 0;            ///< how many of them are not decoded yet
  bool decoded_ = false;     ///< whether a window was decoded since the shot began
  std::deque<Pending> pending_;
  std::vector<Instance> latest_;  ///< what stale frames repeat
  std::uint64_t frames_ = 0;
  FrameMotion motion_;
  WindowTracks tracks_;
};

}  // namespace vcl
