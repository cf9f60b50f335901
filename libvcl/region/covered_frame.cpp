// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/region/covered_frame.hpp"

#include <algorithm>

#include "libvcl/images/plane_layout.hpp"

namespace vcl {
namespace {

constexpr std::uint8_t kGray = 127, kNoColor = 128;
constexpr std::uint8_t kGrayOfVideo = 125;  // of luma from 16 to 235

std::uint8_t gray_of(const FrameView& frame, const PlaneLayout& plane) {
  if (plane.half) return kNoColor;
  const bool is_luma = frame.format == PixelFormat::I420 || frame.format == PixelFormat::NV12;
  return is_luma && !frame.full_range ? kGrayOfVideo : kGray;
}

}  // namespace

FrameView crop(const FrameView& frame, const Box& box) {
  FrameView part = frame;
  part.size = {box.width, box.height};
  const std::vector<PlaneLayout> layout = layout_of(frame.format);
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const int step = layout[i].half ? 2 : 1;
    part.planes[i] += box.y / step * frame.strides[i] + std::ptrdiff_t(box.x / step) * layout[i].channels;
  }
  return part;
}

CoveredFrame::CoveredFrame(const Mask& mask, const Box& box) : box_(box) {
  for (const int step : {1, 2}) {
    const int left = box.x / step, top = box.y / step;
    const auto is_hidden = [&](int x, int y) {
      bool hidden = false;
      for (int row = y * step; row < std::min((y + 1) * step, mask.height); ++row)
        for (int column = x * step; column < std::min((x + 1) * step, mask.width); ++column)
          hidden |= mask.at(column, row) == 0;
      return hidden;
    };
    std::vector<Span>& spans = hidden_[std::size_t(step - 1)];
    const int width = (box.width + step - 1) / step, height = (box.height + step - 1) / step;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        if (!is_hidden(left + x, top + y)) continue;
        const bool goes_on = !spans.empty() && spans.back().row == y && spans.back().first + spans.back().count == x;
        if (goes_on)
          ++spans.back().count;
        else
          spans.push_back({y, x, 1});
      }
  }
}

FrameView CoveredFrame::cover(const FrameView& frame) {
  FrameView covered = crop(frame, box_);
  const std::vector<PlaneLayout> layout = layout_of(frame.format);
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const int step = layout[i].half ? 2 : 1, channels = layout[i].channels;
    const std::ptrdiff_t bytes = std::ptrdiff_t((box_.width + step - 1) / step) * channels;
    const int rows = (box_.height + step - 1) / step;
    planes_[i].resize(std::size_t(bytes) * std::size_t(rows));
    std::uint8_t* const first = planes_[i].data();
    for (int y = 0; y < rows; ++y) std::copy_n(covered.planes[i] + y * covered.strides[i], bytes, first + y * bytes);
    for (const Span& span : hidden_[std::size_t(step - 1)])
      std::fill_n(first + span.row * bytes + std::ptrdiff_t(span.first) * channels,
                  std::ptrdiff_t(span.count) * channels, gray_of(frame, layout[i]));
    covered.planes[i] = first;
    covered.strides[i] = bytes;
  }
  return covered;
}

}  // namespace vcl
