// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/contact_sheet.hpp"

#include <fmt/format.h>
#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/imgproc.hpp>

#include "plugins/base/c_callback.hpp"
#include "plugins/base/frame_view.hpp"
#include "support/outputs.hpp"
#include "tools/media/picture.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

constexpr int kPictures = 12, kColumns = 4, kWidth = 320, kGap = 4;

GstPadProbeReturn drop_unwanted(GstPad*, GstPadProbeInfo*, gpointer sheet) {
  return static_cast<ContactSheet*>(sheet)->wants_next() ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

GstFlowReturn add_sample(GstAppSink* sink, gpointer sheet) {
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
  if (!sample) return GST_FLOW_EOS;
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample))) return GST_FLOW_NOT_NEGOTIATED;
  gstvcl::MappedFrame mapped(gst_sample_get_buffer(sample), info);
  static_cast<ContactSheet*>(sheet)->add(cv::Mat(info.height, info.width, CV_8UC3,
                                                 GST_VIDEO_FRAME_PLANE_DATA(mapped.frame(), 0),
                                                 GST_VIDEO_FRAME_PLANE_STRIDE(mapped.frame(), 0)));
  return GST_FLOW_OK;
}

}  // namespace

void ContactSheet::add(const cv::Mat& frame) {
  const int height = std::clamp(frame.rows * kWidth / frame.cols, 1, 4 * kWidth);
  cv::Mat picture;
  cv::resize(frame, picture, {kWidth, height}, 0, 0, cv::INTER_AREA);
  pictures_.push_back(picture);
  if (pictures_.size() < 2 * kPictures) return;
  for (std::size_t i = 0; i < kPictures; ++i) pictures_[i] = pictures_[2 * i];
  pictures_.resize(kPictures);
  step_ *= 2;
}

void ContactSheet::write(const std::string& path) const {
  const int count = std::min<int>(kPictures, pictures_.size());
  const int columns = std::min(kColumns, count), rows = (count + columns - 1) / columns;
  int height = 0;
  for (const cv::Mat& picture : pictures_) height = std::max(height, picture.rows);
  cv::Mat sheet(rows * (height + kGap) + kGap, columns * (kWidth + kGap) + kGap, CV_8UC3, cv::Scalar::all(255));
  for (int i = 0; i < count; ++i) {
    const cv::Mat& picture = pictures_[count == 1 ? 0 : std::lround(double(i) * (pictures_.size() - 1) / (count - 1))];
    picture.copyTo(sheet(
        cv::Rect(kGap + i % columns * (kWidth + kGap), kGap + i / columns * (height + kGap), kWidth, picture.rows)));
  }
  (is_jpeg_name(path) ? write_jpeg : write_png)(path, sheet);
}

void check_sheet_name(const std::string& path) {
  std::error_code none;
  const bool is_stream = path == "-" || (fs::exists(path, none) && !fs::is_regular_file(path, none));
  if (path.empty() || is_stream || ending_of(path) == ".png" || is_jpeg_name(path)) return;
  throw Error(ErrorKind::Unsupported,
              fmt::format("a contact sheet is a PNG or JPEG, and '{}' names neither; use a name that ends in .png or "
                          ".jpg",
                          path));
}

void fill_contact_sheet(ContactSheet* sheet, GstPad* entry, GstAppSink* sink) {
  gst_pad_add_probe(entry, GST_PAD_PROBE_TYPE_BUFFER, gstvcl::c_callback<drop_unwanted>, sheet, nullptr);
  GstAppSinkCallbacks callbacks = {};
  callbacks.new_sample = gstvcl::c_callback<add_sample>;
  gst_app_sink_set_callbacks(sink, &callbacks, sheet, nullptr);
}

}  // namespace vcl
