// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/app/gstappsink.h>

#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace vcl {

/// Collects small pictures that are spread evenly over a video of unknown length. It keeps every `step`-th frame, and
/// doubles the step when there are too many. Calls must not overlap.
class ContactSheet {
 public:
  /// Counts one more frame. Returns true if the frame should be added.
  bool wants_next() { return seen_++ % step_ == 0; }
  /// Adds a frame (BGR) for which wants_next() returned true.
  void add(const cv::Mat& frame);
  bool empty() const { return pictures_.empty(); }
  /// Writes a grid of up to 12 pictures: JPEG if the name ends in .jpg or .jpeg, otherwise PNG. Throws Error(Resource),
  /// which names the file.
  void write(const std::string& path) const;

 private:
  std::vector<cv::Mat> pictures_;
  std::size_t seen_ = 0, step_ = 1;
};

/// Throws Error(Unsupported) if the name ends in anything but .png, .jpg or .jpeg. Pipes and devices are accepted.
void check_sheet_name(const std::string& path);

/// Fills `sheet` with the frames that reach `sink` through `entry`. This pad lies upstream in the same thread, and
/// unwanted frames are dropped there, before they cost a conversion. The sheet must outlive both.
void fill_contact_sheet(ContactSheet* sheet, GstPad* entry, GstAppSink* sink);

}  // namespace vcl
