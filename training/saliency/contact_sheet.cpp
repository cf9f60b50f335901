// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/saliency/contact_sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "support/whole_file.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr int kColumns = 8;
constexpr int kCell = 160;

cv::Mat3b draw(const SheetEntry& entry) {
  cv::Mat3b picture;
  cv::cvtColor(entry.rgb, picture, cv::COLOR_RGB2BGR);
  for (int y = 0; y < picture.rows; ++y) {
    for (int x = 0; x < picture.cols; ++x) {
      const float background = 1 - static_cast<float>(entry.soft(y, x)) / 255;
      picture(y, x) = picture(y, x) * (1 - 0.65F * background);
    }
  }
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(cv::Mat(entry.soft > 127), contours, cv::RETR_CCOMP, cv::CHAIN_APPROX_NONE);
  cv::drawContours(picture, contours, -1, cv::Scalar(0, 255, 0), 1);
  const double scale = static_cast<double>(kCell - 4) / std::max(picture.rows, picture.cols);
  cv::resize(picture, picture, {}, scale, scale, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::putText(picture, fmt::format("{:.2f}", entry.weight), {3, 12}, cv::FONT_HERSHEY_SIMPLEX, 0.4, {0, 255, 255}, 1);
  return picture;
}

}  // namespace

void write_contact_sheet(const std::string& path, const std::vector<SheetEntry>& entries) {
  const int rows = (static_cast<int>(entries.size()) + kColumns - 1) / kColumns;
  cv::Mat3b sheet(std::max(rows, 1) * kCell, kColumns * kCell, cv::Vec3b(32, 32, 32));
  for (int i = 0; i < static_cast<int>(entries.size()); ++i) {
    const cv::Mat3b picture = draw(entries[i]);
    picture.copyTo(sheet({i % kColumns * kCell + 2, i / kColumns * kCell + 2, picture.cols, picture.rows}));
  }
  std::vector<unsigned char> bytes;
  bool is_encoded = false;
  try {
    is_encoded = cv::imencode(std::filesystem::path(path).extension(), sheet, bytes);
  } catch (const cv::Exception&) {  // a file extension that OpenCV does not know: reported the same way
  }
  if (!is_encoded) throw Error(ErrorKind::Resource, path + ": no contact sheet can be written so; name a .png file");
  write_whole_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace vcl::train
