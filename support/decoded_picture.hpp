// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace vcl {

struct DecodedPicture {
  cv::Mat bgr;        ///< 8 bits, upright; empty where this is no picture
  int used_bits = 0;  ///< of samples of 16 bits: as many as the largest one needs; 0: the samples have 8 bits
};

/// A picture file as every verb sees it: turned as its EXIF data says, gray and palettes as BGR, transparent pixels of
/// PNG and WebP over mid gray (127). Samples of 16 bits are scaled by a fixed factor, with which 2^bits - 1 becomes
/// 255: a factor that the picture's own extremes gave would flicker from frame to frame. Throws cv::Exception and
/// std::bad_alloc for absurd sizes.
DecodedPicture decode_picture(const std::vector<unsigned char>& bytes, int bits = 16);

}  // namespace vcl
