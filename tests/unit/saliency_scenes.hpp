// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <random>

namespace vcl::saliency {

/// A made photo with one object whose place is known.
struct Scene {
  cv::Mat3b rgb;
  cv::Mat1b object;  ///< 0 and 1
};

/// An ellipse away from the border, of another colour than the sloping, noisy background.
inline Scene random_scene(std::mt19937& random, cv::Size size = {160, 120}) {
  const auto within = [&](double low, double high) { return std::uniform_real_distribution(low, high)(random); };
  const cv::Vec3d back(within(0, 255), within(0, 255), within(0, 255));
  cv::Vec3d front;
  do front = {within(0, 255), within(0, 255), within(0, 255)};
  while (cv::norm(front - back) < 130);
  Scene scene{cv::Mat3b(size), cv::Mat1b::zeros(size)};
  const cv::Size axes(static_cast<int>(size.width * within(0.12, 0.25)),
                      static_cast<int>(size.height * within(0.12, 0.25)));
  const cv::Point centre(static_cast<int>(size.width * within(0.35, 0.65)),
                         static_cast<int>(size.height * within(0.35, 0.65)));
  cv::ellipse(scene.object, centre, axes, within(0, 180), 0, 360, 1, cv::FILLED);
  std::normal_distribution<double> noise(0, 6);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double slope = 25.0 * x / size.width;
        const double value = (scene.object(y, x) ? front[c] : back[c] + slope) + noise(random);
        scene.rgb(y, x)[c] = cv::saturate_cast<uchar>(value);
      }
    }
  }
  return scene;
}

}  // namespace vcl::saliency
