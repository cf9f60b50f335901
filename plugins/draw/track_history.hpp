// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <map>

#include "vcl/result.hpp"

namespace gstvcl {

/// When the tracks of one stream were first and last seen. One thread.
class TrackHistory {
 public:
  struct Track {
    GstClockTime first_seen = GST_CLOCK_TIME_NONE;  ///< running time
    GstClockTime last_seen = GST_CLOCK_TIME_NONE;   ///< of the latest frame in which inference found it
    int missed = 0;                                 ///< frames since it was last reported
    bool just_lost() const { return missed == 1; }
  };

  /// Takes the next frame.
  void add(const vcl::FrameResult& result, GstClockTime running_time);
  /// All tracks end.
  void clear() { tracks_.clear(); }

  /// By track id: those of the latest frame and those that may still come back.
  const std::map<std::uint64_t, Track>& tracks() const { return tracks_; }

 private:
  std::map<std::uint64_t, Track> tracks_;
};

}  // namespace gstvcl
