// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/timing/frame_times.hpp"

namespace gstvcl {

void FrameTimes::reset() {
  frame_ = inference_ = 0;
  measured_ = true;
  last_pts_ = GST_CLOCK_TIME_NONE;
}

void FrameTimes::set_caps(const GstVideoInfo& info) {
  const gint numerator = GST_VIDEO_INFO_FPS_N(&info), denominator = GST_VIDEO_INFO_FPS_D(&info);
  const GstClockTime duration =
      numerator > 0 ? gst_util_uint64_scale_int(GST_SECOND, denominator, numerator) : GST_CLOCK_TIME_NONE;
  measured_ = duration > kLongestFrame;  // GST_CLOCK_TIME_NONE as well
  frame_ = measured_ ? 0 : duration;
}

void FrameTimes::frame_arrived(GstClockTime pts) {
  if (measured_ && GST_CLOCK_TIME_IS_VALID(pts) && GST_CLOCK_TIME_IS_VALID(last_pts_) && pts > last_pts_) {
    const GstClockTime delta = pts - last_pts_;
    if (delta <= kLongestFrame) frame_ = frame_ == 0 ? delta : (7 * frame_ + delta) / 8;
  }
  last_pts_ = pts;
}

}  // namespace gstvcl
