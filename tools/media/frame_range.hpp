// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vcl {

/// The part of an input that is done: from an instant on, for some time, or by the numbers of its frames.
struct FrameRange {
  double start = 0;                        ///< seconds since the input's beginning, as a player shows them
  std::optional<double> duration = {};     ///< seconds; none: to the end
  bool by_number = false;                  ///< the two below count instead
  std::uint64_t first = 0;                 ///< number of a frame of the input, from 0
  std::optional<std::uint64_t> last = {};  ///< the one behind the last; none: to the end

  bool is_all() const { return start == 0 && !duration && !by_number; }
  /// As on the command line.
  std::string describe() const;
  bool begins_behind(std::uint64_t frame, GstClockTime time) const;
  bool ends_before(std::uint64_t frame, GstClockTime time) const;
  /// Than an input of so many frames, which ends at this time, has.
  bool asks_for_more(std::uint64_t frames, GstClockTime end) const;
};

/// "A:B", frames A to B - 1; either may be missing. Throws Error(Invalid) with the cure.
FrameRange frames_from_text(const std::string& text);

/// The same stream times, running times that are less by `time`: the frame shown at `time` becomes the first one.
GstSegment begin_at(GstSegment segment, GstClockTime time);

/// Throws Error(Invalid): the input, of so many frames up to this time, ends before the range begins.
[[noreturn]] void fail_behind_end(const FrameRange& range, const std::string& name, std::uint64_t frames,
                                  GstClockTime end);

/// Throws Error(Invalid): no frame begins in the range.
[[noreturn]] void fail_empty_range(const FrameRange& range, const std::string& name);

/// The images of a range, and the place of the first in the whole.
struct ImageRange {
  std::vector<std::string> images;
  std::size_t first = 0;
  bool ends_early = false;  ///< there are fewer than the range asks for
};

/// Throws Error as fail_behind_end.
ImageRange images_in(const FrameRange& range, const std::vector<std::string>& images, const std::string& name,
                     double fps);

}  // namespace vcl
