// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/picture.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <mutex>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "support/decoded_picture.hpp"
#include "support/outputs.hpp"
#include "tools/output.hpp"
#include "vcl/error.hpp"
#include "vcl/mask.hpp"

namespace vcl {
namespace {

void write_encoded(const std::string& path, const char* ending, const cv::Mat& bgr) {
  std::vector<unsigned char> bytes;
  bool done = false;
  try {
    done = cv::imencode(ending, bgr, bytes);
  } catch (const cv::Exception&) {  // such as a size that the format cannot say
  }
  if (!done)
    throw Error(ErrorKind::Resource, fmt::format("'{}': a picture of {}x{} pixels cannot be written as {}", path,
                                                 bgr.cols, bgr.rows, ending));
  replace_output(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::vector<unsigned char> bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void note_unused_bits(const std::string& path, int used) {
  static std::once_flag once;
  std::call_once(once, [&] {
    fmt::print(
        stderr,
        "note: the samples of '{}' use less than a quarter of their 16 bits, so it is dark: say how many bits they "
        "hold, such as --bits {}\n",
        path,
        used <= 10   ? 10
        : used <= 12 ? 12
                     : 14);
  });
}

}  // namespace

cv::Mat read_image(const std::string& path, const PictureReading& reading) {
  DecodedPicture picture;
  try {
    picture = decode_picture(bytes_of(path), reading.bits);
  } catch (const std::exception&) {  // OpenCV refuses absurd sizes by exception, and memory may run out
    throw Error(ErrorKind::Unreadable, fmt::format("'{}' is too large or corrupt; remove or repair it", path));
  }
  const cv::Mat& image = picture.bgr;
  if (image.empty())
    throw Error(ErrorKind::Unreadable, fmt::format("'{}' is not an image that can be read; remove or repair it", path));
  if (std::int64_t(image.cols) * image.rows > kMaxMaskPixels)
    throw Error(ErrorKind::Unreadable, fmt::format("'{}' is too large; make it smaller", path));
  if (!reading.quiet && picture.used_bits > 8 && reading.bits - picture.used_bits >= 2)
    note_unused_bits(path, picture.used_bits);
  return image;
}

FrameView view_of(const cv::Mat& bgr) {
  FrameView frame;
  frame.size = {bgr.cols, bgr.rows};
  frame.format = PixelFormat::BGR;
  frame.planes[0] = bgr.data;
  frame.strides[0] = std::ptrdiff_t(bgr.step[0]);
  return frame;
}

bool is_jpeg_name(const std::string& path) {
  const std::string ending = ending_of(path);
  return ending == ".jpg" || ending == ".jpeg" || ending == ".jfif";
}

void write_png(const std::string& path, const cv::Mat& bgr) {
  write_encoded(path, ".png", bgr);
}

void write_jpeg(const std::string& path, const cv::Mat& bgr) {
  write_encoded(path, ".jpg", bgr);
}

}  // namespace vcl
