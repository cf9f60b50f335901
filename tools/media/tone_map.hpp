// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <opencv2/core/matx.hpp>
#include <vector>

namespace vcl {

/// Whether colors say how bright a screen should be beyond the white of SDR: PQ (SMPTE ST 2084) and HLG (ARIB STD-B67).
bool is_hdr(const GstVideoColorimetry& colorimetry);

/// A function of positive numbers, known at steps of 2^-9 of them. What is outside of 2^-28 to 2^7 counts as the limit.
template <typename Value>
class LogTable {
 public:
  template <typename Function>
  explicit LogTable(Function function) {
    for (std::uint32_t i = 0; i <= kSteps; ++i)
      values_[i] = Value(function(std::bit_cast<float>(kFirst + (i << kDropped))));
  }

  Value nearest(float x) const { return values_[(offset(x) + (1u << (kDropped - 1))) >> kDropped]; }

  Value between(float x) const {
    const std::uint32_t at = offset(x), step = at >> kDropped;
    const float part = float(at & ((1u << kDropped) - 1)) / float(1u << kDropped);
    return values_[step] + part * (values_[step + 1] - values_[step]);
  }

 private:
  static constexpr std::uint32_t kDropped = 14, kFirst = (127u - 28) << 23, kSteps = 35 << 9;

  /// Positive floats are in the order of their bits.
  static std::uint32_t offset(float x) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
    return bits <= kFirst ? 0 : std::min(bits - kFirst, (kSteps << kDropped) - 1);
  }

  std::array<Value, kSteps + 1> values_;
};

/// Brings HDR to what a screen for SDR shows (docs/media.md, HDR). All is said of light, relative to the white of SDR.
class ToneMap {
 public:
  explicit ToneMap(const GstVideoColorimetry& colorimetry);

  /// `argb`: 16 bits per sample, R'G'B' of the HDR signal. `xrgb`: 8 bits per sample, for a screen with BT.709
  /// primaries and the gamma of 2.4 that BT.1886 says.
  void map(const std::uint16_t* argb, std::uint8_t* xrgb, int pixels) const;

 private:
  const bool is_hlg_;
  std::vector<float> light_;        ///< of codes: of the screen with PQ, of the scene with HLG
  LogTable<float> screen_;          ///< what the screen makes of a scene of this luminance (HLG)
  LogTable<float> tone_;            ///< factor by the brightest of R, G and B
  LogTable<std::uint8_t> code_;     ///< of SDR
  cv::Matx33f to_bt709_;            ///< of light
  std::array<float, 3> luminance_;  ///< shares of R, G and B
};

}  // namespace vcl
