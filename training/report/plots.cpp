// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/report/plots.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "support/whole_file.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr int kTileWidth = 240, kTileHeight = 180, kCaptionHeight = 18;

void write_png(const std::string& path, const cv::Mat& image) {
  std::vector<unsigned char> bytes;
  cv::imencode(".png", image, bytes);
  write_whole_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// Counts the frames and renames the file: OpenCV does not report failed writes.
void rename_video(const std::string& partial, const std::string& path, int frames) {
  cv::VideoCapture video(partial, cv::CAP_FFMPEG);
  int found = 0;
  while (video.grab()) ++found;
  std::error_code failure;
  if (found == frames) std::filesystem::rename(partial, path, failure);
  if (found == frames && !failure) return;
  std::filesystem::remove(partial, failure);
  throw Error(ErrorKind::Resource, "cannot write " + path + ": is the disk full?");
}

cv::Vec3b colour_of(int id) {
  static const cv::Vec3b kColours[] = {{60, 60, 255}, {80, 220, 60},  {255, 140, 30},
                                       {0, 215, 255}, {230, 60, 220}, {220, 220, 0}};
  return kColours[(id - 1) % 6];
}

cv::Mat draw(const Picture& picture) {
  cv::Mat rgb(picture.size.height, picture.size.width, CV_8UC3, const_cast<std::uint8_t*>(picture.rgb.data())), bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  if (!picture.ids.empty())
    for (int y = 0; y < bgr.rows; ++y)
      for (int x = 0; x < bgr.cols; ++x) {
        const int id = picture.ids[std::size_t(y) * bgr.cols + x];
        if (id > 0) bgr.at<cv::Vec3b>(y, x) = bgr.at<cv::Vec3b>(y, x) * 0.5 + colour_of(id) * 0.5;
      }
  const double scale = std::min(double(kTileWidth) / bgr.cols, double(kTileHeight) / bgr.rows);
  cv::Mat small, tile(kTileHeight + kCaptionHeight, kTileWidth, CV_8UC3, cv::Scalar::all(32));
  cv::resize(bgr, small, {std::max(1, int(bgr.cols * scale)), std::max(1, int(bgr.rows * scale))}, 0, 0,
             cv::INTER_AREA);
  small.copyTo(tile(cv::Rect(0, 0, small.cols, small.rows)));
  cv::putText(tile, picture.caption, {3, kTileHeight + 13}, cv::FONT_HERSHEY_SIMPLEX, 0.4, cv::Scalar::all(230), 1,
              cv::LINE_AA);
  return tile;
}

void draw_panel(cv::Mat panel, const Curve& curve, const std::string& x_title) {
  constexpr int kLeft = 60, kBottom = 30, kTop = 24, kRight = 10;
  const auto text = [&](const std::string& what, int x, int y) {
    cv::putText(panel, what, {x, y}, cv::FONT_HERSHEY_SIMPLEX, 0.42, cv::Scalar::all(40), 1, cv::LINE_AA);
  };
  text(curve.name, kLeft, 16);
  const auto [start, end, low, high] = range_of(curve);
  const cv::Rect area(kLeft, kTop, panel.cols - kLeft - kRight, panel.rows - kTop - kBottom);
  const auto at = [&, start = start, end = end, low = low, high = high](double x,
                                                                        double y) {  // clang 14 asks for names
    return cv::Point(area.x + int((x - start) / (end - start) * area.width),
                     area.y + int((1 - std::clamp((y - low) / (high - low), 0.0, 1.0)) * area.height));
  };
  cv::rectangle(panel, area, cv::Scalar::all(180));
  char label[32];
  for (const double share : {0.0, 0.5, 1.0}) {
    std::snprintf(label, sizeof label, "%.3g", low + share * (high - low));
    text(label, 4, at(start, low + share * (high - low)).y + 4);
    std::snprintf(label, sizeof label, "%.3g", start + share * (end - start));
    text(label, at(start + share * (end - start), low).x - (share > 0 ? 30 : 0), panel.rows - 14);
  }
  text(x_title, panel.cols / 2 + 40, panel.rows - 2);
  const auto line = [&](const std::vector<double>& y, const cv::Scalar& colour, int width) {
    for (std::size_t i = 1; i < y.size(); ++i)
      cv::line(panel, at(curve.x[i - 1], y[i - 1]), at(curve.x[i], y[i]), colour, width, cv::LINE_AA);
  };
  line(curve.y, curve.smooth ? cv::Scalar(235, 205, 170) : cv::Scalar(180, 90, 20), curve.smooth ? 1 : 2);
  if (curve.smooth) line(running_mean(curve.y), {180, 90, 20}, 2);
}

}  // namespace

void write_contact_sheet(const std::string& path, const std::vector<Picture>& pictures, int columns) {
  const int rows = std::max(1, int((pictures.size() + columns - 1) / columns)), height = kTileHeight + kCaptionHeight;
  cv::Mat sheet(rows * height, columns * kTileWidth, CV_8UC3, cv::Scalar::all(32));
  for (int i = 0; i < int(pictures.size()); ++i)
    draw(pictures[i]).copyTo(sheet(cv::Rect(i % columns * kTileWidth, i / columns * height, kTileWidth, height)));
  write_png(path, sheet);
}

void write_clip_video(const std::string& path, const std::vector<Picture>& pictures, int frames) {
  constexpr int kTimes = 3, kFramesPerSecond = 6;
  const cv::Size size(2 * kTileWidth, kTileHeight + kCaptionHeight);
  const std::string partial = path + ".part.mp4";
  cv::VideoWriter writer;
  for (const char* codec : {"avc1", "mp4v"})
    if (!writer.isOpened())
      writer.open(partial, cv::CAP_FFMPEG, cv::VideoWriter::fourcc(codec[0], codec[1], codec[2], codec[3]),
                  kFramesPerSecond, size);
  if (!writer.isOpened())
    throw Error(ErrorKind::Resource, "cannot write " + path + ": is the folder writable, and does OpenCV have FFmpeg?");
  int written = 0;
  for (std::size_t clip = 0; clip + 2 * frames <= pictures.size(); clip += 2 * frames)
    for (int i = 0; i < kTimes * frames; ++i, ++written) {
      const Picture& plain = pictures[clip + i % frames];
      const Picture& marked = pictures[clip + frames + i % frames];
      cv::Mat both;
      cv::hconcat(draw(plain), draw(marked), both);
      writer.write(both);
    }
  writer.release();
  rename_video(partial, path, written);
}

void write_plot(const std::string& path, const std::vector<Curve>& curves, const std::string& x_title) {
  constexpr int kWidth = 560, kHeight = 260;
  const int rows = std::max(1, int(curves.size() + 1) / 2);
  cv::Mat plot(rows * kHeight, 2 * kWidth, CV_8UC3, cv::Scalar::all(255));
  for (int i = 0; i < int(curves.size()); ++i)
    draw_panel(plot(cv::Rect(i % 2 * kWidth, i / 2 * kHeight, kWidth, kHeight)), curves[i], x_title);
  write_png(path, plot);
}

}  // namespace vcl::train
