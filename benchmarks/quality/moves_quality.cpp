// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How well a network with motion predicts what moves on its own, per frame and without queries or tracks.
//
//   moves_quality DAVIS MODEL
//
// DAVIS/<sequence>/frames/*.jpg and masks/*.png, as for davis_quality. Prints the mean IoU over the frames for all
// pixels with a probability above 1/2, and for their largest connected component.
#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "libvcl/engine/device.hpp"
#include "libvcl/engine/stream/motion_input.hpp"
#include "libvcl/engine/stream/segmentation_model.hpp"
#include "libvcl/engine/video/clip_instances.hpp"
#include "vcl/error.hpp"

namespace {

namespace fs = std::filesystem;

cv::Mat largest_part(const cv::Mat& mask) {
  cv::Mat labels, statistics, centres;
  const int parts = cv::connectedComponentsWithStats(mask, labels, statistics, centres, 4);
  int largest = 0;
  for (int part = 1; part < parts; ++part)
    if (largest == 0 || statistics.at<int>(part, cv::CC_STAT_AREA) > statistics.at<int>(largest, cv::CC_STAT_AREA))
      largest = part;
  return largest == 0 ? cv::Mat::zeros(mask.size(), CV_8U) : cv::Mat(labels == largest);
}

double iou(const cv::Mat& a, const cv::Mat& b) {
  const int either = cv::countNonZero(a | b);
  return either == 0 ? 1 : double(cv::countNonZero(a & b)) / either;
}

struct Quality {
  double all = 0, largest = 0;
};

Quality measure(const fs::path& sequence, const vcl::SegmentationModel& model) {
  std::set<fs::path> frames;
  for (const fs::directory_entry& entry : fs::directory_iterator(sequence / "frames")) frames.insert(entry.path());
  vcl::MotionInput input(model.neighbours);
  vcl::Letterbox letterbox;
  Quality quality;
  int count = 0;
  const auto take = [&](const vcl::MotionInput::Frame& frame) {
    const auto path = std::next(frames.begin(), std::ptrdiff_t(frame.number));
    const cv::Mat truth = cv::imread((sequence / "masks" / path->stem()).string() + ".png", cv::IMREAD_GRAYSCALE) > 0;
    at::Tensor moves = vcl::moves_of(model.features_of(frame.canvas, frame.planes), letterbox).contiguous();
    cv::Mat probability(int(moves.size(0)), int(moves.size(1)), CV_32F, moves.data_ptr<float>()), full;
    cv::resize(probability, full, truth.size(), 0, 0, cv::INTER_LINEAR);
    const cv::Mat mask = full > 0.5;
    quality.all += iou(mask, truth), quality.largest += iou(largest_part(mask), truth);
    ++count;
  };
  std::uint64_t number = 0;
  for (const fs::path& path : frames) {
    const cv::Mat image = cv::imread(path.string());
    cv::Mat rgb;
    cv::cvtColor(image, rgb, cv::COLOR_BGR2RGB);
    const vcl::FrameView view{
        .size = {rgb.cols, rgb.rows}, .planes = {rgb.data}, .strides = {std::ptrdiff_t(rgb.step)}};
    letterbox = vcl::letterbox_fit(view.size, model.canvas_pixels, model.config.min_stride);
    input.push(number, vcl::SegmentationModel::canvas_of(view, letterbox), letterbox, std::int64_t(number) * 41666667);
    ++number;
    while (const auto frame = input.next(false)) take(*frame);
  }
  while (const auto frame = input.next(true)) take(*frame);
  return {quality.all / count, quality.largest / count};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: moves_quality DAVIS MODEL\n");
    return 2;
  }
  try {
    const c10::InferenceMode no_gradients;
    const vcl::SegmentationModel model({.model = argv[2], .device = "cpu"});
    vcl::use_threads(model.threads);
    if (model.neighbours.empty())
      throw vcl::Error(vcl::ErrorKind::Invalid, std::string(argv[2]) + " does not see motion");
    std::set<fs::path> sequences;
    for (const fs::directory_entry& entry : fs::directory_iterator(argv[1])) sequences.insert(entry.path());
    Quality mean;
    std::printf("%-16s %7s %7s\n", "sequence", "moves", "largest");
    for (const fs::path& sequence : sequences) {
      const Quality quality = measure(sequence, model);
      std::printf("%-16s %7.3f %7.3f\n", sequence.filename().c_str(), quality.all, quality.largest);
      mean.all += quality.all / double(sequences.size()), mean.largest += quality.largest / double(sequences.size());
    }
    std::printf("%-16s %7.3f %7.3f\n", "mean", mean.all, mean.largest);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "moves_quality: %s\n", error.what());
    return 1;
  }
}
