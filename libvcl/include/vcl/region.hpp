// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string_view>

#include "vcl/engine.hpp"
#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

namespace [[gnu::visibility("default")]] vcl {

/// The part of the frames that an engine sees.
struct Region {
  Box box;  ///< in pixels of the frame; empty: the whole frame
  /// Pixels with value 0 are hidden. The mask may have any size: it is stretched over the whole frame. If it is larger
  /// than the frame, a hidden pixel of the mask hides every pixel of the frame that it touches. 0x0: nothing is hidden.
  Mask mask;
};

/// Parses "X,Y,WIDTH,HEIGHT". A blank text gives an empty box. Throws Error(Invalid), which states the cure.
Box box_from_text(std::string_view text);

/// An engine that sees a part of each frame.
///
/// The inner engine gets only the pixels of the box. Hidden pixels are painted mid gray first, so they cannot influence
/// anything. Results refer to the whole frame: masks have no pixels outside of the box and no hidden pixels. An
/// instance is left out if it would lose more than half of its pixels this way, or if it becomes smaller than
/// Filters::min_area.
///
/// In I420 and NV12, a chroma sample is covered if any of its pixels is hidden.
class RegionEngine final : public Engine {
 public:
  explicit RegionEngine(std::unique_ptr<Engine> engine);
  ~RegionEngine() override;

  /// Sets the region; null is the whole frame. Throws Error(Invalid) in the middle of a stream (call drain() or reset()
  /// first), for a box with negative coordinates or a side below 1 that is not empty, and for a mask whose pixels do
  /// not match its size.
  void look_at(std::shared_ptr<const Region> region);

  void set_filters(const Filters& filters) override;
  int latency_frames() const override;
  /// Throws Error(Unsupported) for the first frame of a stream if the box does not lie in it, or if everything in the
  /// box is hidden.
  std::vector<FrameResult> push(const FrameView& frame, std::int64_t pts, bool infer = true) override;
  std::vector<FrameResult> drain() override;
  void reset() override;

 private:
  struct View;

  FrameResult of_frame(FrameResult result);
  void end_stream();

  const std::unique_ptr<Engine> engine_;
  std::shared_ptr<const Region> region_;
  std::uint64_t min_area_ = 0;

  // The state of the stream.
  std::unique_ptr<View> view_;      ///< null before the stream begins, and if everything is seen
  Size frame_;                      ///< empty before the stream begins
  std::set<std::uint64_t> unseen_;  ///< tracks that began but were left out so far
};

}  // namespace vcl
