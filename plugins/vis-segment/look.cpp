// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/vis-segment/look.hpp"

#include <gst/video/video.h>

#include <algorithm>

#include "plugins/base/frame_view.hpp"
#include "vcl/error.hpp"

namespace gstvcl {
namespace {

constexpr std::uint8_t kLeastShown = 128;

vcl::Mask mask_of(GstSample* sample) {
  GstVideoInfo info;
  GstCaps* caps = gst_sample_get_caps(sample);
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  if (!caps || !buffer || !gst_video_info_from_caps(&info, caps) ||
      GST_VIDEO_INFO_FORMAT(&info) != GST_VIDEO_FORMAT_GRAY8)
    throw vcl::Error(vcl::ErrorKind::Invalid, "mask: the sample is no GRAY8 frame: convert it to one.");
  MappedFrame frame(buffer, info);
  const vcl::FrameView view = frame.view();
  vcl::Mask mask(view.size.width, view.size.height);
  for (int y = 0; y < mask.height; ++y)
    std::transform(view.planes[0] + y * view.strides[0], view.planes[0] + y * view.strides[0] + mask.width,
                   mask.pixels.begin() + std::ptrdiff_t(y) * mask.width,
                   [](std::uint8_t value) { return std::uint8_t(value >= kLeastShown); });
  return mask;
}

/// Calls `change` with a copy of the region, which then takes its place.
template <typename Change>
std::string change_where(Look& look, std::string& refusal, const Change& change) {
  try {
    vcl::Region where = look.where ? *look.where : vcl::Region();
    change(where);
    const bool is_all = where.box == vcl::Box() && where.mask.pixels.empty();
    look.where = is_all ? nullptr : std::make_shared<const vcl::Region>(std::move(where));
    refusal.clear();
  } catch (const vcl::Error& error) {
    refusal = error.what();
  }
  return refusal;
}

}  // namespace

std::string change_region(Look& look, const std::string& text) {
  return change_where(look, look.bad_region, [&](vcl::Region& where) {
    where.box = vcl::box_from_text(text);
    look.region = text;
  });
}

std::string change_mask(Look& look, GstSample* sample) {
  return change_where(look, look.bad_mask, [&](vcl::Region& where) {
    where.mask = sample ? mask_of(sample) : vcl::Mask();
    look.mask = sample ? std::shared_ptr<GstSample>(gst_sample_ref(sample), gst_sample_unref) : nullptr;
  });
}

}  // namespace gstvcl
