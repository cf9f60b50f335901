// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/clips/read_picture.hpp"

#include <opencv2/imgproc.hpp>

#include "training/photos/pack.hpp"

namespace vcl::train {

ClipFrame read_picture(const std::string& path) {
  const cv::Mat bgr = decode_photo({path, path});
  ClipFrame frame{{bgr.cols, bgr.rows}, std::vector<std::uint8_t>(3 * bgr.total()), {}, {}};
  std::vector<cv::Mat> planes;
  for (std::size_t channel : {2, 1, 0})
    planes.emplace_back(bgr.rows, bgr.cols, CV_8U, frame.rgb.data() + channel * bgr.total());
  cv::split(bgr, planes);
  return frame;
}

}  // namespace vcl::train
