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

/// Where an engine looks.
struct Region {
  Box box;  ///< in pixels of the frame; empty: the whole frame
  /// 0: the pixel is hidden. Of any size: it is stretched over the whole frame. Where it has more pixels than the
  /// frame, one hidden pixel hides all of the frame's that it touches. 0x0: nothing is hidden.
  Mask mask;
};

/// Parses "X,Y,WIDTH,HEIGHT"; a text without any word is an empty box. Throws Error(Invalid) with the cure.
Box box_from_text(std::string_view text);

/// An engine that sees a part of each frame.
///
/// The engine inside gets the pixels of the box alone. Hidden pixels are painted over in mid gray before it sees them,
/// so they have no effect on anything. Results are those of the whole frame: no mask has a pixel outside of the box or
/// a hidden one. An instance that would lose more than half of its pixels this way is left out, as are those that
/// become smaller than Filters::min_area.
///
/// In I420 and NV12 a sample of color is covered if a hidden pixel has a share in it.
class RegionEngine final : public Engine {
 public:
  explicit RegionEngine(std::unique_ptr<Engine> engine);
  ~RegionEngine() override;

  /// Null: at everything. Throws Error(Invalid) in the middle of a stream (call drain() or reset() first), for a box
  /// with negative coordinates or a side below 1 that is not empty, and for a mask whose pixels do not fit its size.
  void look_at(std::shared_ptr<const Region> region);

  void set_filters(const Filters& filters) override;
  int latency_frames() const override;
  /// Throws Error(Unsupported) for the first frame of a stream if the box does not lie in it, or if nothing of it is
  /// left to be seen.
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

  // The stream's state.
  std::unique_ptr<View> view_;      ///< none: the stream has not begun, or all is seen
  Size frame_;                      ///< empty: the stream has not begun
  std::set<std::uint64_t> unseen_;  ///< tracks that began but were left out so far
};

}  // namespace vcl
