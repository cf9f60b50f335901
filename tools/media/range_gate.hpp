// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "tools/media/frame_range.hpp"
#include "tools/media/input_clock.hpp"

namespace vcl {

/// Lets the frames of a range pass, and ends the stream behind the last one. The first one becomes the beginning of the
/// running time; stream times stay. Frames before the range are decoded, as the exact frame is found in no other way
/// in all containers.
class RangeGate {
 public:
  /// At the pad `frames`, in whose thread the stream is ended with `end`, which takes no lock on it. `clock` tells the
  /// time of a frame. `begin` is told the running time in the input at which the first frame is shown.
  RangeGate(const FrameRange& range, InputClock& clock, GstPad* frames, std::function<void(GstClockTime)> begin,
            std::function<void()> end);
  RangeGate(const RangeGate&) = delete;
  RangeGate& operator=(const RangeGate&) = delete;

  /// Whether the range's end was met, so that what is behind it does not matter.
  bool has_ended() const { return has_ended_; }
  /// Frames of the input that came here, and the time at which the last one ends.
  std::uint64_t frames() const { return count_; }
  GstClockTime end() const { return shown_until_; }
  /// Whether the input has ended before the range.
  bool is_short() const;
  /// Throws Error(Invalid) that tells why no frame passed.
  [[noreturn]] void fail_empty(const std::string& name) const;

 private:
  static GstPadProbeReturn see(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  GstPadProbeReturn see_frame(GstPad* pad, GstPadProbeInfo* info);
  GstPadProbeReturn see_event(GstPad* pad, GstPadProbeInfo* info);
  void open(GstPad* pad, const GstBuffer* frame);
  void send_segment(GstPad* pad);

  const FrameRange range_;
  InputClock& clock_;
  const std::function<void(GstClockTime)> begin_;
  const std::function<void()> end_;
  GstSegment segment_, corrected_;  // as it came, and as players count
  bool is_new_segment_ = false;     // that corrected_ does not know yet
  bool is_open_ = false, sends_ = false;
  GstClockTime begun_at_ = 0;  // running time of the first frame
  std::atomic<bool> has_ended_ = false;
  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<GstClockTime> shown_until_ = 0;
};

}  // namespace vcl
