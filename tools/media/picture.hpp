// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "vcl/frame.hpp"

namespace vcl {

/// How picture files are read.
struct PictureReading {
  int bits = 16;       ///< that samples of 16 bits hold
  bool quiet = false;  ///< no notes
};

/// 8 bits BGR of an image file, as decode_picture gives it. A note on standard error, one per process, says where
/// samples of 16 bits use less than a quarter of their range. Throws Error(Unreadable) naming the file and the cure
/// when it is no image, corrupt or too large.
cv::Mat read_image(const std::string& path, const PictureReading& reading = {});

FrameView view_of(const cv::Mat& bgr);

bool is_jpeg_name(const std::string& path);

/// Both throw Error(Resource) naming the file.
void write_png(const std::string& path, const cv::Mat& bgr);
void write_jpeg(const std::string& path, const cv::Mat& bgr);

}  // namespace vcl
