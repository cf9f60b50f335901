// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/images/feature_picture.hpp"

#include <opencv2/imgproc.hpp>

namespace vcl {

cv::Mat paint_patches(const FeatureMap& map, std::vector<std::uint8_t> colors) {
  cv::Mat grid(map.grid.height, map.grid.width, CV_8UC3, colors.data()), picture;
  cv::cvtColor(grid, grid, cv::COLOR_RGB2BGR);
  cv::resize(grid, picture, {map.input.width, map.input.height}, 0, 0, cv::INTER_NEAREST);
  return picture;
}

}  // namespace vcl
