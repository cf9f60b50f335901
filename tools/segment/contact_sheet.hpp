// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/app/gstappsink.h>

#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace vcl {

/// Small pictures spread evenly over a video whose length is not known beforehand: every `step`-th
/// frame is kept, and when there are too many the step doubles. One thread at a time.
class ContactSheet {
 public:
  /// Counts one more frame; true when it should be added.
  bool wants_next() { return seen_++ % step_ == 0; }
  /// A frame (BGR) that was wanted.
  void add(const cv::Mat& frame);
  bool empty() const { return pictures_.empty(); }
  /// A grid of up to 12 pictures, as a JPEG if the name ends so, else as a PNG. Throws Error(Resource) naming the file.
  void write(const std::string& path) const;

 private:
  std::vector<cv::Mat> pictures_;
  std::size_t seen_ = 0, step_ = 1;
};

/// Throws Error(Unsupported) where the name ends as that of something else. Pipes and devices take a PNG.
void check_sheet_name(const std::string& path);

/// Fills `sheet` with the frames that reach `sink` through `entry`, a pad upstream in the same thread
/// where unwanted frames are dropped before they cost a conversion. The sheet must outlive both.
void fill_contact_sheet(ContactSheet* sheet, GstPad* entry, GstAppSink* sink);

}  // namespace vcl
