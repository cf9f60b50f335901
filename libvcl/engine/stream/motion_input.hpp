// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "libvcl/engine/motion/plane.hpp"
#include "libvcl/tracking/frame_intervals.hpp"
#include "vcl/geometry.hpp"

namespace vcl {

/// Holds the frames of a stream until their motion to their neighbors (motion_planes()) is known. A frame waits until
/// its last neighbor has arrived. For a network without neighbors nothing waits and nothing is computed. The searches
/// for the neighbors of a frame run in parallel, on their own threads. With `pipelined`, they run while the caller
/// works on the frame before.
///
/// Ownership: a search shares the lightness of the two pictures, which is never changed. It writes to planes of the
/// waiting frame, which no one else uses before next() has waited for the search. next() rethrows its exceptions.
/// Entries outlive their searches: futures of std::async join in their destructors, so clear() and the destructor join,
/// too.
///
/// Motion across a hole in time (FrameIntervals) is unknown. A cut lies before a frame if it and each of the two frames
/// before it do not explain each other, and neither do the next frame and the frame before. A flash, a damaged frame or
/// a strobe light is therefore not a cut. A network without look-ahead cannot wait for the next frame.
class MotionInput {
 public:
  /// `neighbours`: those of VideoConfig, or empty. `pipelined`: frames wait for one more frame. The results are the
  /// same.
  explicit MotionInput(std::vector<int> neighbours, bool pipelined = false)
      : neighbours_(std::move(neighbours)), pipelined_(pipelined && !neighbours_.empty()) {}

  struct Frame {
    std::uint64_t number = 0;
    at::Tensor canvas;  ///< as pushed
    at::Tensor planes;  ///< [1, kMotionPlanes * neighbors, H, W]; undefined if no motion is known
    bool cut = false;   ///< the frame begins a new shot
  };

  /// Returns the number of later frames that a frame waits for.
  int delay() const { return look_ahead() + (pipelined_ ? 1 : 0); }
  /// `canvas`: [1, 3, H, W], RGB, 0 to 255, on the CPU; all frames of a stream have the same letterbox. `pts`:
  /// nanoseconds.
  void push(std::uint64_t number, const at::Tensor& canvas, const Letterbox& letterbox, std::int64_t pts);
  /// Returns the next frame that no longer waits. With `now`, returns the next frame without the neighbors that have
  /// not arrived.
  std::optional<Frame> next(bool now);
  /// Clears the state of the stream.
  void clear();

 private:
  /// Whether neighbors, keyed by their distance, explain a frame.
  using Explained = std::map<int, std::shared_future<bool>>;
  struct Entry {
    Frame frame;
    std::shared_ptr<const Plane> lightness;
    bool after_hole = false;
    Explained explained;  ///< last member: its searches end before the memory that they write to is freed
  };

  /// Returns the number of later frames that a frame is compared with.
  int look_ahead() const;
  bool in_reach(int frame, int neighbour) const;
  void search(int frame, std::size_t place);
  bool explains(int neighbour, int frame);
  bool alike(int earlier, int later);
  bool begins_shot(int frame);
  bool ends_hole(std::int64_t pts);

  const std::vector<int> neighbours_;
  const bool pipelined_;

  // The state of the stream. clear() clears all of it.
  std::deque<Entry> entries_;  ///< returned frames that later ones look back to, then frames that wait
  int given_ = 0;
  std::int64_t last_pts_ = -1;
  FrameIntervals intervals_;
};

}  // namespace vcl
