// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/base/frame_view.hpp"

#include "vcl/error.hpp"

namespace gstvcl {
namespace {

vcl::PixelFormat pixel_format(GstVideoFormat format) {
  switch (format) {
    case GST_VIDEO_FORMAT_RGB:
      return vcl::PixelFormat::RGB;
    case GST_VIDEO_FORMAT_BGR:
      return vcl::PixelFormat::BGR;
    case GST_VIDEO_FORMAT_RGBA:
    case GST_VIDEO_FORMAT_RGBx:
      return vcl::PixelFormat::RGBX;
    case GST_VIDEO_FORMAT_BGRA:
    case GST_VIDEO_FORMAT_BGRx:
      return vcl::PixelFormat::BGRX;
    case GST_VIDEO_FORMAT_ARGB:
    case GST_VIDEO_FORMAT_xRGB:
      return vcl::PixelFormat::XRGB;
    case GST_VIDEO_FORMAT_ABGR:
    case GST_VIDEO_FORMAT_xBGR:
      return vcl::PixelFormat::XBGR;
    case GST_VIDEO_FORMAT_GRAY8:
      return vcl::PixelFormat::GRAY8;
    case GST_VIDEO_FORMAT_I420:
      return vcl::PixelFormat::I420;
    case GST_VIDEO_FORMAT_NV12:
      return vcl::PixelFormat::NV12;
    default:
      throw vcl::Error(vcl::ErrorKind::Unsupported, "This video format is not supported: put videoconvert in front.");
  }
}

// libvcl knows only two matrices. BT.709 is the closest one for wide-gamut video.
vcl::ColorMatrix color_matrix(GstVideoColorMatrix matrix) {
  const bool bt601 = matrix == GST_VIDEO_COLOR_MATRIX_BT601 || matrix == GST_VIDEO_COLOR_MATRIX_FCC ||
                     matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN || matrix == GST_VIDEO_COLOR_MATRIX_RGB;
  return bt601 ? vcl::ColorMatrix::BT601 : vcl::ColorMatrix::BT709;
}

}  // namespace

MappedFrame::MappedFrame(GstBuffer* buffer, const GstVideoInfo& info, GstMapFlags flags) {
  if (!gst_video_frame_map(&frame_, &info, buffer, flags))
    throw vcl::Error(vcl::ErrorKind::Invalid, "A buffer of " + std::to_string(gst_buffer_get_size(buffer)) +
                                                  " bytes cannot be read as a frame of " +
                                                  std::to_string(GST_VIDEO_INFO_SIZE(&info)) +
                                                  " bytes: the element before this one breaks its caps.");
}

MappedFrame::~MappedFrame() {
  gst_video_frame_unmap(&frame_);
}

vcl::FrameView MappedFrame::view() const {
  vcl::FrameView view;
  view.size = {GST_VIDEO_FRAME_WIDTH(&frame_), GST_VIDEO_FRAME_HEIGHT(&frame_)};
  view.format = pixel_format(GST_VIDEO_FRAME_FORMAT(&frame_));
  view.matrix = color_matrix(frame_.info.colorimetry.matrix);
  view.full_range = frame_.info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame_); ++plane) {
    view.planes[plane] = static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, plane));
    view.strides[plane] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, plane);
  }
  return view;
}

}  // namespace gstvcl
