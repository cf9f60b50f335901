// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <optional>

#include "libvcl/tracking/frame_intervals.hpp"

namespace vcl {

/// Counts the frames that a decoder could not make of a damaged stream. After an error decoders mark a frame as
/// discontinuous; what is missing shows as a gap in time there, or a few frames later where the coded order differs.
class LostFrames {
 public:
  /// Watches what is decoded pass this pad.
  explicit LostFrames(GstPad* decoded);
  LostFrames(const LostFrames&) = delete;
  LostFrames& operator=(const LostFrames&) = delete;

  std::uint64_t count() const { return count_; }

 private:
  static GstPadProbeReturn see_frame(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  void add(GstClockTime time, bool discontinuous);

  std::atomic<std::uint64_t> count_ = 0;
  std::optional<GstClockTime> last_;
  FrameIntervals intervals_;
  int suspected_ = 0;  // frames before which something may be missing
};

}  // namespace vcl
