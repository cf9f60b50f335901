// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/c_api/frame.hpp"

#include "libvcl/c_api/structs.hpp"
#include "vcl/error.hpp"

namespace vcl {

namespace {

constexpr bool same(VclPixelFormat c, PixelFormat format) {
  return int(c) == int(format);
}
static_assert(same(VCL_PIXEL_FORMAT_RGB, PixelFormat::RGB) && same(VCL_PIXEL_FORMAT_BGR, PixelFormat::BGR) &&
              same(VCL_PIXEL_FORMAT_RGBX, PixelFormat::RGBX) && same(VCL_PIXEL_FORMAT_BGRX, PixelFormat::BGRX) &&
              same(VCL_PIXEL_FORMAT_XRGB, PixelFormat::XRGB) && same(VCL_PIXEL_FORMAT_XBGR, PixelFormat::XBGR) &&
              same(VCL_PIXEL_FORMAT_GRAY8, PixelFormat::GRAY8) && same(VCL_PIXEL_FORMAT_I420, PixelFormat::I420) &&
              same(VCL_PIXEL_FORMAT_NV12, PixelFormat::NV12));
static_assert(VCL_COLOR_MATRIX_BT601 == int(ColorMatrix::BT601) && VCL_COLOR_MATRIX_BT709 == int(ColorMatrix::BT709));

}  // namespace

FrameView frame_view(const VclFrame* given) {
  const VclFrame frame = read_struct(given, "frame");
  const auto refuse = [](const char* why) { throw Error(ErrorKind::Invalid, why); };
  if (frame.width < 1 || frame.height < 1 || std::int64_t(frame.width) * frame.height > kMaxFramePixels)
    refuse("a frame's width and height are 1 or more, and it has at most 2^30 pixels");
  if (frame.format < VCL_PIXEL_FORMAT_RGB || frame.format > VCL_PIXEL_FORMAT_NV12)
    refuse("a frame's format is no VclPixelFormat");
  if (frame.matrix != VCL_COLOR_MATRIX_BT601 && frame.matrix != VCL_COLOR_MATRIX_BT709)
    refuse("a frame's matrix is no VclColorMatrix");
  FrameView view;
  view.size = {frame.width, frame.height};
  view.format = PixelFormat(frame.format);
  view.matrix = ColorMatrix(frame.matrix);
  view.full_range = frame.full_range != 0;
  std::copy_n(frame.planes, view.planes.size(), view.planes.begin());
  std::copy_n(frame.strides, view.strides.size(), view.strides.begin());
  return view;
}

}  // namespace vcl
