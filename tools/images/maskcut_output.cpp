// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/images/maskcut_output.hpp"

#include <cmath>
#include <deque>
#include <opencv2/imgproc.hpp>

#include "vcl/safetensors.hpp"

namespace vcl {
namespace {

/// Consecutive hues differ by the golden angle.
cv::Scalar color_of(std::size_t number) {
  const cv::Mat hsv(1, 1, CV_8UC3, cv::Scalar(std::fmod(double(number) * 0.6180339887498949, 1.0) * 180, 220, 255));
  cv::Mat bgr;
  cv::cvtColor(hsv, bgr, cv::COLOR_HSV2BGR);
  return cv::Scalar(bgr.at<cv::Vec3b>(0));
}

}  // namespace

cv::Mat paint_masks(const cv::Mat& bgr, std::span<const Mask> masks) {
  cv::Mat picture = bgr.clone();
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const cv::Mat mask(masks[i].height, masks[i].width, CV_8U, const_cast<std::uint8_t*>(masks[i].pixels.data()));
    cv::Mat mixed;
    cv::addWeighted(picture, 0.5, cv::Mat(picture.size(), picture.type(), color_of(i)), 0.5, 0, mixed);
    mixed.copyTo(picture, mask);
    std::vector<std::vector<cv::Point>> outlines;
    cv::findContours(mask, outlines, cv::RETR_LIST, cv::CHAIN_APPROX_NONE);
    cv::drawContours(picture, outlines, -1, color_of(i), 1 + picture.cols / 640);
  }
  return picture;
}

void write_trace(const std::string& path, const std::vector<CutStep>& steps, const FeatureMap& features) {
  const std::int64_t rows = features.grid.height, columns = features.grid.width;
  const std::vector<Mask> masks = cut_masks(steps, features.grid, features.input);
  std::deque<std::int64_t> seeds;  // a deque, because its elements do not move when it grows
  std::map<std::string, TensorView> tensors;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const CutStep& step = steps[i];
    const auto add = [&](const char* name, DType dtype, std::vector<std::int64_t> shape, auto values) {
      tensors[std::to_string(i) + "." + name] = {dtype, std::move(shape), std::as_bytes(values)};
    };
    add("eigenvalue", DType::F64, {1}, std::span(&step.eigenvalue, 1));
    add("mask", DType::U8, {features.input.height, features.input.width}, std::span(masks[i].pixels));
    if (step.vector.empty()) continue;
    seeds.push_back(step.split.seed);
    add("eigenvector", DType::F64, {rows, columns}, std::span(step.vector));
    add("bipartition", DType::U8, {rows, columns}, std::span(step.split.above));
    add("seed", DType::I64, {1}, std::span(&seeds.back(), 1));
    add("component", DType::U8, {rows, columns}, std::span(step.component));
    add("accepted", DType::U8, {rows, columns}, std::span(step.accepted));
  }
  write_safetensors(path, tensors, {{"format", "pt"}});
}

}  // namespace vcl
