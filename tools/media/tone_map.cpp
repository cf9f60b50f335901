// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/tone_map.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

namespace vcl {
namespace {

constexpr double kPqPeak = 10000;        // cd/m2 of the code 1
constexpr double kBrightest = 1000;      // cd/m2 that become the white of SDR: the usual master, and HLG's screen
constexpr double kReferenceWhite = 203;  // cd/m2 of paper in HDR (BT.2408): the white of SDR stands for them
constexpr double kHlgGamma = 1.2;        // of a screen of 1000 cd/m2 (BT.2100)
constexpr double kSdrGamma = 2.4;        // BT.1886

double pq_code(double nits) {
  return gst_video_transfer_function_encode(GST_VIDEO_TRANSFER_SMPTE2084, nits / kPqPeak);
}

double pq_nits(double code) {
  return kPqPeak * gst_video_transfer_function_decode(GST_VIDEO_TRANSFER_SMPTE2084, code);
}

/// The curve of BT.2390 (5.4.1) from a screen of kBrightest to one of kReferenceWhite, both with black of 0: in codes
/// of PQ the lower part stays, and a spline bends the rest.
double tone_mapped(double nits) {
  const double brightest = pq_code(kBrightest), white = pq_code(kReferenceWhite) / brightest;
  const double knee = 1.5 * white - 0.5, code = std::min(1.0, pq_code(nits) / brightest);
  if (code < knee) return nits;
  const double t = (code - knee) / (1 - knee), t2 = t * t, t3 = t2 * t;
  const double bent = (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (3 * t2 - 2 * t3) * white;
  return pq_nits(bent * brightest);
}

/// Light of R, G and B of 1, whose sum is white, as XYZ in its columns.
cv::Matx33d xyz_of(GstVideoColorPrimaries primaries) {
  const GstVideoColorPrimariesInfo* p = gst_video_color_primaries_get_info(primaries);
  const auto xyz = [](double x, double y) { return cv::Vec3d(x / y, 1, (1 - x - y) / y); };
  const cv::Vec3d r = xyz(p->Rx, p->Ry), g = xyz(p->Gx, p->Gy), b = xyz(p->Bx, p->By);
  const cv::Matx33d pure(r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]);
  const cv::Vec3d shares = pure.inv() * xyz(p->Wx, p->Wy);
  return pure * cv::Matx33d::diag(shares);
}

GstVideoColorPrimaries known(GstVideoColorPrimaries primaries) {
  return primaries == GST_VIDEO_COLOR_PRIMARIES_UNKNOWN ? GST_VIDEO_COLOR_PRIMARIES_BT2020 : primaries;
}

}  // namespace

bool is_hdr(const GstVideoColorimetry& colorimetry) {
  return colorimetry.transfer == GST_VIDEO_TRANSFER_SMPTE2084 ||
         colorimetry.transfer == GST_VIDEO_TRANSFER_ARIB_STD_B67;
}

ToneMap::ToneMap(const GstVideoColorimetry& colorimetry)
    : is_hlg_(colorimetry.transfer == GST_VIDEO_TRANSFER_ARIB_STD_B67),
      light_(std::size_t(1) << 16),
      screen_([](double scene) { return kBrightest / kReferenceWhite * std::pow(scene, kHlgGamma - 1); }),
      tone_([](double light) { return tone_mapped(light * kReferenceWhite) / (light * kReferenceWhite); }),
      code_([](double light) { return std::lround(255 * std::pow(std::min(light, 1.0), 1 / kSdrGamma)); }) {
  const double unit = is_hlg_ ? 1 : kPqPeak / kReferenceWhite;
  const double last = double(light_.size() - 1);
  for (std::size_t code = 0; code < light_.size(); ++code)
    light_[code] = float(unit * gst_video_transfer_function_decode(colorimetry.transfer, double(code) / last));
  const cv::Matx33d xyz = xyz_of(known(colorimetry.primaries));
  to_bt709_ = cv::Matx33f(xyz_of(GST_VIDEO_COLOR_PRIMARIES_BT709).inv() * xyz);
  luminance_ = {float(xyz(1, 0)), float(xyz(1, 1)), float(xyz(1, 2))};
}

void ToneMap::map(const std::uint16_t* argb, std::uint8_t* xrgb, int pixels) const {
  const cv::Matx33f& m = to_bt709_;
  for (int i = 0; i < pixels; ++i, argb += 4, xrgb += 4) {
    const float r = light_[argb[1]], g = light_[argb[2]], b = light_[argb[3]];
    const float screen = is_hlg_ ? screen_.between(luminance_[0] * r + luminance_[1] * g + luminance_[2] * b) : 1;
    const float gain = screen * tone_.between(screen * std::max({r, g, b}));
    xrgb[0] = 255;
    xrgb[1] = code_.nearest(std::max(0.0f, gain * (m(0, 0) * r + m(0, 1) * g + m(0, 2) * b)));
    xrgb[2] = code_.nearest(std::max(0.0f, gain * (m(1, 0) * r + m(1, 1) * g + m(1, 2) * b)));
    xrgb[3] = code_.nearest(std::max(0.0f, gain * (m(2, 0) * r + m(2, 1) * g + m(2, 2) * b)));
  }
}

}  // namespace vcl
