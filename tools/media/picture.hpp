// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <string>

#include "vcl/frame.hpp"

namespace vcl {

/// 8 bits BGR of an image file, turned as its EXIF data says (grey, palettes, 16 bits, CMYK and transparency are
/// converted). Throws Error(Unreadable) naming the file and the cure when it is no image, corrupt or too large.
cv::Mat read_image(const std::string& path);

FrameView view_of(const cv::Mat& bgr);

/// Both throw Error(Resource) naming the file.
void write_png(const std::string& path, const cv::Mat& bgr);
void write_jpeg(const std::string& path, const cv::Mat& bgr);

}  // namespace vcl
