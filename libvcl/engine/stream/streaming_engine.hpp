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

/// The implementation of vcl::Engine with LibTorch: a VideoMask2Former on a sliding window.
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
  /// An inferred frame that windows may contain.
  struct Seen {
    std::uint64_t number;
    FrameMemory memory;
    at::Tensor motion = {};                      ///< of FrameMotion, if the model has the motion prior
    at::Tensor moves = {};                       ///< probability of each mask cell to move, if the network predicts it
    CellMotion since_before = {};                ///< if the network gets the motion to the previous frame
    std::optional<ColorRefinement> colors = {};  ///< if the model refines masks
  };
  struct Pending {
    FrameResult result;
    bool infer = false;
    bool seen = false;  ///< it is or was in a window
    bool decoded = false;
    bool waits() const { return seen && !decoded; }  ///< for more windows that contain it
  };

  /// Runs work without gradients on our threads. An error resets the stream; LibTorch's errors become vcl::Error.
  template <typename Work>
  std::vector<FrameResult> guarded(Work work);
  void accept(const FrameView& frame, std::int64_t pts, bool infer);
  /// Runs the network on a frame that no longer waits for neighbors.
  void see(const MotionInput::Frame& frame);
  /// Ends the shot: all frames that were seen get their instances, and all tracks end.
  void finish_shot();
  /// Decodes the newest window and updates the tracks.
  void decode();
  /// Returns the number of frames that wait for more windows.
  int waiting() const;
  /// Gives the oldest `count` waiting frames their instances.
  void finish_frames(int count);
  /// Gives the oldest frame its instances from what is known now.
  void finish_oldest();
  /// Returns the instances of a frame of the newest window.
  std::vector<Instance> instances_of(int frame);
  std::vector<FrameResult> take_ready();
  /// Clears the state of the stream, except the numbers of the next frame and the next id.
  void end_tracks();

  const std::shared_ptr<Watcher> watcher_;
  const SegmentationModel model_;
  Filters filters_;

  // The state of the stream. end_tracks() clears all of it except the count of frames.
  Letterbox letterbox_;
  MotionInput motion_input_;
  std::deque<Seen> recent_;  ///< the last `window` inferred frames
  int fresh_ = 0;            ///< number of these frames that are not decoded yet
  bool decoded_ = false;     ///< whether a window was decoded since the shot began
  std::deque<Pending> pending_;
  std::vector<Instance> latest_;  ///< the instances that stale frames repeat
  std::uint64_t frames_ = 0;
  FrameMotion motion_;
  WindowTracks tracks_;
};

}  // namespace vcl
