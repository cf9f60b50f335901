// SPDX-License-Identifier: LGPL-2.1-or-later
#include "photo.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <random>
#include <stdexcept>

namespace {

std::vector<std::uint8_t> made_up_photo() {
  std::mt19937 random(1);
  std::vector<std::uint8_t> rgb;
  std::normal_distribution<double> noise(0, 4);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double disc = std::hypot(x - 200, y - 240) < 130 ? 80 : 0, square = x > 300 && y > 320 ? 60 : 0;
      const double texture = 15 * std::sin(x * 0.21) * std::cos(y * 0.17);
      for (const double tone : {60 + 0.15 * x + disc, 80 + 0.1 * y + square, 100 - 0.1 * x + 0.5 * disc})
        rgb.push_back(std::uint8_t(std::clamp(tone + texture + noise(random), 0.0, 255.0)));
    }
  }
  return rgb;
}

std::vector<std::uint8_t>& pixels() {
  static std::vector<std::uint8_t> rgb = made_up_photo();
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
