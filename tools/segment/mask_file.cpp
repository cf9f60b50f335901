// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/mask_file.hpp"

#include <fmt/format.h>
#include <gst/video/video.h>

#include <algorithm>
#include <filesystem>
#include <opencv2/imgproc.hpp>

#include "plugins/meta/mapped_buffer.hpp"
#include "tools/media/picture.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr int kMidGray = 127;  // transparent pixels are read over mid gray too, so they are hidden

}  // namespace

Mask read_mask(const std::string& path) {
  if (!std::filesystem::is_regular_file(path))
    throw Error(ErrorKind::NotFound, fmt::format("there is no mask file '{}'; check the name", path));
  cv::Mat gray;
  cv::cvtColor(read_image(path, {.quiet = true}), gray, cv::COLOR_BGR2GRAY);
  Mask mask(gray.cols, gray.rows);
  cv::Mat shown(gray.rows, gray.cols, CV_8UC1, mask.pixels.data());
  cv::threshold(gray, shown, kMidGray, 1, cv::THRESH_BINARY);
  if (cv::countNonZero(shown) == 0)
    throw Error(ErrorKind::Invalid, fmt::format("the mask '{}' is black, which hides everything; white is what is "
                                                "looked at",
                                                path));
  return mask;
}

GstSample* make_mask_sample(const Mask& mask) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_GRAY8, guint(mask.width), guint(mask.height));
  g_autoptr(GstBuffer) buffer = gst_buffer_new_allocate(nullptr, info.size, nullptr);
  {
    const gstvcl::MappedBuffer pixels(buffer, GST_MAP_WRITE);
    for (int y = 0; y < mask.height; ++y)
      std::transform(mask.pixels.begin() + std::ptrdiff_t(y) * mask.width,
                     mask.pixels.begin() + std::ptrdiff_t(y + 1) * mask.width, pixels.data() + y * info.stride[0],
                     [](std::uint8_t shown) { return std::uint8_t(shown ? 255 : 0); });
  }
  g_autoptr(GstCaps) caps = gst_video_info_to_caps(&info);
  return gst_sample_new(buffer, caps, nullptr, nullptr);
}

}  // namespace vcl
