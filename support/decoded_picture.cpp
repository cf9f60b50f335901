// SPDX-License-Identifier: LGPL-2.1-or-later
#include "support/decoded_picture.hpp"

#include <algorithm>
#include <bit>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "support/exif_orientation.hpp"

namespace vcl {
namespace {

constexpr double kBehindTransparency = 127;  // mid gray

std::string_view text_of(const std::vector<unsigned char>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Returns whether the header allows transparency; decoding shows it for certain. In BMP and TIFF a fourth channel may
/// be anything.
bool may_be_transparent(const std::vector<unsigned char>& bytes) {
  constexpr std::size_t kColorType = 25;
  constexpr unsigned char kAlpha = 4;
  const std::string_view text = text_of(bytes);
  if (text.starts_with("\x89PNG\r\n"))
    return (bytes.size() > kColorType && (bytes[kColorType] & kAlpha)) || text.find("tRNS") != std::string_view::npos;
  return text.starts_with("RIFF") && text.size() > 16 && text.substr(8, 4) == "WEBP" && text.substr(12, 4) != "VP8 ";
}

/// OpenCV rotates pictures only if it drops their transparency.
cv::Mat turned_upright(const cv::Mat& stored, const std::vector<unsigned char>& png) {
  constexpr std::string_view kExif = "eXIf";
  const std::size_t found = text_of(png).find(kExif);
  if (found == std::string_view::npos) return stored;
  const int orientation = exif_orientation(text_of(png).substr(found + kExif.size()));
  cv::Mat result = stored;
  if (orientation >= 5) cv::transpose(result, result);
  if (orientation == 2 || orientation == 6) cv::flip(result, result, 1);
  if (orientation == 3 || orientation == 7) cv::flip(result, result, -1);
  if (orientation == 4 || orientation == 8) cv::flip(result, result, 0);
  return result;
}

cv::Mat over_gray(const cv::Mat& bgra) {
  cv::Mat bgr, alpha, opacity, picture;
  cv::cvtColor(bgra, bgr, cv::COLOR_BGRA2BGR);
  cv::extractChannel(bgra, alpha, 3);
  cv::cvtColor(alpha, opacity, cv::COLOR_GRAY2BGR);
  cv::multiply(bgr, opacity, picture, 1.0 / 255, CV_32F);
  cv::Mat gray(bgra.size(), CV_32FC3, cv::Scalar::all(kBehindTransparency)), clear = ~opacity, behind;
  cv::multiply(gray, clear, behind, 1.0 / 255, CV_32F);
  cv::Mat result;
  cv::add(picture, behind, result, cv::noArray(), CV_8U);
  return result;
}

}  // namespace

DecodedPicture decode_picture(const std::vector<unsigned char>& bytes, int bits) {
  if (bytes.empty()) return {};
  cv::Mat picture;
  if (may_be_transparent(bytes)) picture = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  if (picture.channels() == 4)
    picture = turned_upright(picture, bytes);
  else
    picture = cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_ANYDEPTH);
  DecodedPicture decoded;
  if (picture.empty()) return decoded;
  if (picture.depth() == CV_16U) {
    double most = 0;
    cv::minMaxLoc(picture.reshape(1), nullptr, &most);
    decoded.used_bits = std::max(1, int(std::bit_width(unsigned(most))));
    picture.convertTo(picture, CV_8U, 255.0 / ((1 << bits) - 1));
  } else if (picture.depth() != CV_8U) {
    picture = cv::imdecode(bytes, cv::IMREAD_COLOR);
  }
  decoded.bgr = picture.channels() == 4 ? over_gray(picture) : picture;
  return decoded;
}

}  // namespace vcl
