// SPDX-License-Identifier: LGPL-2.1-or-later
#include "benchmarks/speed/photo.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "benchmarks/speed/made_up_photo.hpp"

namespace {

using vcl::kSide;

std::vector<std::uint8_t>& pixels() {
  static std::vector<std::uint8_t> rgb = vcl::made_up_photo();
  return rgb;
}

}  // namespace

const std::vector<std::uint8_t>& photo() {
  return pixels();
}

vcl::FrameView photo_frame() {
  return {.size = {kSide, kSide}, .planes = {photo().data()}, .strides = {kSide * 3}};
}

void read_photo(const std::string& path) {
  cv::Mat image = cv::imread(path, cv::IMREAD_COLOR);
  if (image.empty()) throw std::runtime_error(path + ": not an image");
  cv::resize(image, image, {kSide, kSide}, 0, 0, cv::INTER_AREA);
  cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  pixels().assign(image.data, image.data + image.total() * 3);
}
