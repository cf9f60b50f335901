// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/evaluate/report_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "tools/media/picture.hpp"
#include "vcl/error.hpp"
#include "vcl/mask_crop.hpp"
#include "vcl/tracking.hpp"

namespace vcl {
namespace {

constexpr std::size_t kFrames = 4, kMostStrangers = 10;
constexpr int kLongSide = 400, kJpegQuality = 80;
constexpr double kLeastLikeness = 0.1;  // minimum IoU over the video to match a result with an object
constexpr double kSameShape = 0.02;     // maximum relative difference between the aspect ratios of a mask and its image
const cv::Scalar kGround(72, 64, 58), kStranger(170, 170, 170), kTruthLine(255, 255, 255);

/// Colors that color-blind people can distinguish too (Okabe and Ito), in BGR.
const std::array<cv::Scalar, 7> kColors = {cv::Scalar(0, 159, 230),  cv::Scalar(233, 180, 86),  cv::Scalar(115, 158, 0),
                                           cv::Scalar(66, 228, 240), cv::Scalar(167, 121, 204), cv::Scalar(0, 94, 213),
                                           cv::Scalar(178, 114, 0)};

bool in_view(const std::optional<Rle>& mask) {
  return mask && rle_area(*mask) > 0;
}

std::vector<std::size_t> shown_frames(const Exhibit& exhibit) {
  std::vector<std::size_t> lively;
  const std::size_t frames = !exhibit.truths.empty()    ? exhibit.truths[0].size()
                             : !exhibit.results.empty() ? exhibit.results[0].size()
                                                        : 0;
  const auto in_frame = [](std::size_t t) { return [t](const MaskTrack& track) { return in_view(track[t]); }; };
  for (std::size_t t = 0; t < frames; ++t)
    if (std::ranges::any_of(exhibit.truths, in_frame(t)) || std::ranges::any_of(exhibit.results, in_frame(t)))
      lively.push_back(t);
  if (lively.size() <= kFrames) return lively;
  std::vector<std::size_t> spread;
  for (std::size_t i = 0; i < kFrames; ++i) spread.push_back(lively[i * (lively.size() - 1) / (kFrames - 1)]);
  return spread;
}

/// Returns the object that each result matches, if any.
std::vector<std::optional<std::size_t>> objects_of(const Exhibit& exhibit) {
  Similarity likeness{int(exhibit.truths.size()), int(exhibit.results.size()), {}};
  for (const MaskTrack& truth : exhibit.truths)
    for (const MaskTrack& result : exhibit.results)
      likeness.values.push_back(over_union(total_intersection(truth, result), total_area(truth), total_area(result)));
  std::vector<std::optional<std::size_t>> objects(exhibit.results.size());
  for (const auto& [object, result] : match_tracks(likeness, kLeastLikeness))
    objects[std::size_t(result)] = std::size_t(object);
  return objects;
}

cv::Size thumbnail_size(Size size) {
  const double scale = std::min(1.0, double(kLongSide) / std::max(size.width, size.height));
  return {std::max(1, int(std::lround(size.width * scale))), std::max(1, int(std::lround(size.height * scale)))};
}

/// Returns the image under the masks of frame `t`, or a plain background if there is none.
cv::Mat ground(const Exhibit& exhibit, std::size_t t, std::string& note) {
  cv::Mat picture(thumbnail_size(exhibit.size), CV_8UC3, kGround);
  if (t >= exhibit.frames.size()) return picture;
  const std::string& path = exhibit.frames[t];
  if (!std::filesystem::is_regular_file(path)) {
    note = fmt::format("there is no image '{}'", path);
    return picture;
  }
  try {
    const cv::Mat image = read_image(path);
    const double shape = double(image.cols) * exhibit.size.height / (double(image.rows) * exhibit.size.width);
    if (std::abs(shape - 1) > kSameShape)
      note = fmt::format("'{}' has {}x{} pixels, its masks {}x{}", path, image.cols, image.rows, exhibit.size.width,
                         exhibit.size.height);
    else
      cv::resize(image, picture, picture.size(), 0, 0, cv::INTER_AREA);
  } catch (const Error& error) {
    note = error.what();
  }
  return picture;
}

cv::Mat thumbnail(const Rle& mask, cv::Size size) {
  Mask small = rle_decode(rle_scale(mask, {size.width, size.height}));
  return cv::Mat(size, CV_8U, small.pixels.data()).clone();
}

void fill(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& color, double alpha) {
  cv::Mat tinted;
  cv::addWeighted(picture, 1 - alpha, cv::Mat(picture.size(), picture.type(), color), alpha, 0, tinted);
  tinted.copyTo(picture, mask);
}

void outline(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& color, int width) {
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(mask, outlines, cv::RETR_CCOMP, cv::CHAIN_APPROX_NONE);
  cv::drawContours(picture, outlines, -1, color, width, cv::LINE_AA);
}

std::vector<unsigned char> jpeg(const cv::Mat& picture) {
  std::vector<unsigned char> bytes;
  cv::imencode(".jpg", picture, bytes, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality, cv::IMWRITE_JPEG_OPTIMIZE, 1});
  return bytes;
}

double iou_in(std::size_t t, const Exhibit& exhibit, const std::vector<std::optional<std::size_t>>& objects) {
  double sum = 0;
  int in_sight = 0;
  for (std::size_t object = 0; object < exhibit.truths.size(); ++object) {
    if (!in_view(exhibit.truths[object][t])) continue;
    ++in_sight;
    for (std::size_t r = 0; r < objects.size(); ++r)
      if (objects[r] == object && exhibit.results[r][t])
        sum += rle_iou(*exhibit.truths[object][t], *exhibit.results[r][t]);
  }
  return in_sight == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / in_sight;
}

/// Returns the results in painting order. Those without an object come first, so they lie below.
std::vector<std::size_t> painted(const std::vector<std::optional<std::size_t>>& objects) {
  std::vector<std::size_t> strangers, others;
  for (std::size_t r = 0; r < objects.size(); ++r) (objects[r] ? others : strangers).push_back(r);
  strangers.resize(std::min(strangers.size(), kMostStrangers));
  strangers.insert(strangers.end(), others.begin(), others.end());
  return strangers;
}

FramePictures draw_frame(std::size_t t, const Exhibit& exhibit, const std::vector<std::optional<std::size_t>>& objects,
                         std::string& note) {
  cv::Mat truth = ground(exhibit, t, note), result = truth.clone();
  FramePictures pictures{.frame = t, .truth = {}, .result = {}, .size = {truth.cols, truth.rows}};
  for (const std::size_t r : painted(objects)) {
    if (!in_view(exhibit.results[r][t])) continue;
    const cv::Mat mask = thumbnail(*exhibit.results[r][t], result.size());
    const cv::Scalar& color = objects[r] ? kColors[*objects[r] % kColors.size()] : kStranger;
    fill(result, mask, color, objects[r] ? 0.5 : 0.25);
    outline(result, mask, color, 1);
    ++pictures.found;
  }
  for (std::size_t object = 0; object < exhibit.truths.size(); ++object) {
    if (!in_view(exhibit.truths[object][t])) continue;
    const cv::Mat mask = thumbnail(*exhibit.truths[object][t], truth.size());
    const cv::Scalar& color = kColors[object % kColors.size()];
    fill(truth, mask, color, 0.3);
    outline(truth, mask, color, 2);
    outline(result, mask, kTruthLine, 1);
    ++pictures.objects;
  }
  pictures.truth = jpeg(truth);
  pictures.result = jpeg(result);
  pictures.iou = iou_in(t, exhibit, objects);
  return pictures;
}

}  // namespace

ExhibitPictures draw(const Exhibit& exhibit) {
  ExhibitPictures pictures{{}, exhibit.note};
  const auto objects = objects_of(exhibit);
  for (const std::size_t t : shown_frames(exhibit))
    pictures.frames.push_back(draw_frame(t, exhibit, objects, pictures.note));
  return pictures;
}

}  // namespace vcl
