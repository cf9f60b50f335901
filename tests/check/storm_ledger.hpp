// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <deque>
#include <mutex>
#include <set>
#include <string>

#include "storm.hpp"

namespace check {

/// Keeps count of what goes into an element and comes out. Any thread; ends the process at what is not right.
class StormLedger {
 public:
  StormLedger(std::string storm, Gaps gaps) : storm_(std::move(storm)), gaps_(gaps) {}

  void require(bool condition, const std::string& what) const;

  /// Marks a buffer that is about to go in.
  void goes_in(GstBuffer* buffer);
  void came_out(GstBuffer* buffer);

  /// All that went in must be out.
  void all_out(bool tracks_end);
  /// What is still inside must never come out; tracks end. `ids_begin_anew`: the element forgot which ids it used.
  void dropped(bool ids_begin_anew);

  std::size_t frames_out() const;

 private:
  struct Frame {
    guint64 serial;
    GstClockTime pts, dts, duration;
    guint flags;
  };
  void check_ids(GstBuffer* buffer);
  void end_tracks();

  std::string storm_;
  Gaps gaps_;
  mutable std::mutex mutex_;
  std::deque<Frame> inside_;
  guint64 serial_ = 0;
  std::set<guint64> ids_, ended_ids_;
  std::size_t out_ = 0;
};

}  // namespace check
