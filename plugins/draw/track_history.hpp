// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <map>

#include "vcl/result.hpp"

namespace gstvcl {

/// Records when each track of a stream was first and last seen. For use in one thread.
class TrackHistory {
 public:
  struct Track {
    GstClockTime first_seen = GST_CLOCK_TIME_NONE;  ///< running time
    GstClockTime last_seen = GST_CLOCK_TIME_NONE;   ///< running time of the latest frame in which inference found it
    int missed = 0;                                 ///< number of frames since it was last reported
    bool just_lost() const { return missed == 1; }
  };

  /// Adds the result of the next frame.
  void add(const vcl::FrameResult& result, GstClockTime running_time);
  /// Ends all tracks.
  void clear() { tracks_.clear(); }

  /// Returns the tracks by id: those of the latest frame, and those that may still return.
  const std::map<std::uint64_t, Track>& tracks() const { return tracks_; }

 private:
  std::map<std::uint64_t, Track> tracks_;
};

}  // namespace gstvcl
