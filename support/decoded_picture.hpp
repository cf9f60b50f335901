// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace vcl {

struct DecodedPicture {
  cv::Mat bgr;        ///< 8 bits, upright; empty if the file is not a picture
  int used_bits = 0;  ///< of 16-bit samples: bits that the largest one needs; 0: samples have 8 bits
};

/// Decodes a picture file as all verbs do: rotated by its EXIF orientation, gray and palettes as BGR, transparent
/// pixels of PNG and WebP over mid gray (127). 16-bit samples are scaled by a fixed factor that maps 2^bits - 1 to 255:
/// a factor from the extremes of each picture would flicker from frame to frame. Throws cv::Exception and
/// std::bad_alloc for absurd sizes.
DecodedPicture decode_picture(const std::vector<unsigned char>& bytes, int bits = 16);

}  // namespace vcl
