// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/vis-segment/look.hpp"

#include <gst/video/video.h>

#include <algorithm>
#include <exception>
#include <new>

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
  if (std::int64_t(info.width) * info.height > vcl::kMaxMaskPixels)
    throw vcl::Error(vcl::ErrorKind::Unsupported, "mask: a frame of " + std::to_string(info.width) + "x" +
                                                      std::to_string(info.height) + " pixels is too large: scale it.");
  MappedFrame frame(buffer, info);
  const vcl::FrameView view = frame.view();
  vcl::Mask mask(view.size.width, view.size.height);
  for (int y = 0; y < mask.height; ++y)
    std::transform(view.planes[0] + y * view.strides[0], view.planes[0] + y * view.strides[0] + mask.width,
                   mask.pixels.begin() + std::ptrdiff_t(y) * mask.width,
                   [](std::uint8_t value) { return std::uint8_t(value >= kLeastShown); });
  return mask;
}

/// Calls `change` with copies, which then take their places.
template <typename Change>
std::string change_where(Look& look, std::string& refusal, const Change& change) {
  try {
    Look next = look;
    vcl::Region where = look.where ? *look.where : vcl::Region();
    change(next, where);
    const bool is_all = where.box == vcl::Box() && where.mask.pixels.empty();
    next.where = is_all ? nullptr : std::make_shared<const vcl::Region>(std::move(where));
    look = std::move(next);
    refusal.clear();
  } catch (const std::bad_alloc&) {
    refusal = "out of memory: use a smaller mask";
  } catch (const std::exception& error) {  // none may reach GObject
    refusal = error.what();
  }
  return refusal;
}

}  // namespace

std::string change_region(Look& look, const std::string& text) {
  return change_where(look, look.bad_region, [&](Look& next, vcl::Region& where) {
    where.box = vcl::box_from_text(text);
    next.region = text;
  });
}

std::string change_mask(Look& look, GstSample* sample) {
  return change_where(look, look.bad_mask, [&](Look& next, vcl::Region& where) {
    where.mask = sample ? mask_of(sample) : vcl::Mask();
    next.mask = sample ? std::shared_ptr<GstSample>(gst_sample_ref(sample), gst_sample_unref) : nullptr;
  });
}

}  // namespace gstvcl
