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

/// The frames of a stream on their way to a network that sees how they move to their neighbours (motion_planes()). A
/// frame waits here until the last of them has come; for a network without neighbours it waits for nothing and nothing
/// is computed. The searches for the neighbours of a frame run at the same time, on threads of their own. Where frames
/// wait for one more, they run beside what the caller does with the frame before.
///
/// Ownership: a search shares the two pictures' lightness, which nobody changes, and writes to planes of the frame that
/// waits, which nobody else touches before next() has waited for the search. What it throws, next() throws. Entries
/// outlive their searches: futures of std::async join in their destructors, so clear() and destruction join too.
///
/// A hole in time (FrameIntervals) has no motion over it. A cut lies before a frame
/// that explains neither of the two frames before it nor is explained by them, if the frame after it does no better: a
/// flash, a damaged frame or a strobe light is no cut. A network without look-ahead cannot wait for that frame.
class MotionInput {
 public:
  /// `neighbours`: VideoConfig's, or none. `pipelined`: frames wait for one more, which changes no frame that comes
  /// out.
  explicit MotionInput(std::vector<int> neighbours, bool pipelined = false)
      : neighbours_(std::move(neighbours)), pipelined_(pipelined && !neighbours_.empty()) {}

  struct Frame {
    std::uint64_t number = 0;
    at::Tensor canvas;  ///< as pushed
    at::Tensor planes;  ///< [1, kMotionPlanes * neighbours, H, W]; undefined where no motion is known
    bool cut = false;   ///< the frame has nothing to do with those before
  };

  /// Frames after it that a frame waits for.
  int delay() const { return look_ahead() + (pipelined_ ? 1 : 0); }
  /// `canvas`: [1, 3, H, W], RGB, 0 to 255, on the CPU; all of a stream are of one letterbox. `pts`: nanoseconds.
  void push(std::uint64_t number, const at::Tensor& canvas, const Letterbox& letterbox, std::int64_t pts);
  /// The next frame that waits for nothing; `now`: the next one, without the neighbours that have not come.
  std::optional<Frame> next(bool now);
  /// Forgets the stream.
  void clear();

 private:
  /// Whether neighbours, by their distance, explain a frame.
  using Explained = std::map<int, std::shared_future<bool>>;
  struct Entry {
    Frame frame;
    std::shared_ptr<const Plane> lightness;
    bool after_hole = false;
    Explained explained;  ///< last: its searches end before what they write to goes
  };

  /// Frames after it that a frame is compared with.
  int look_ahead() const;
  bool in_reach(int frame, int neighbour) const;
  void search(int frame, std::size_t place);
  bool explains(int neighbour, int frame);
  bool alike(int earlier, int later);
  bool begins_shot(int frame);
  bool ends_hole(std::int64_t pts);

  const std::vector<int> neighbours_;
  const bool pipelined_;

  // The stream's state: forgotten whole by clear().
  std::deque<Entry> entries_;  ///< frames given that later ones look back to, then those that wait
  int given_ = 0;
  std::int64_t last_pts_ = -1;
  FrameIntervals intervals_;
};

}  // namespace vcl
