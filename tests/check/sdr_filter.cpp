// SPDX-License-Identifier: LGPL-2.1-or-later
// HDR video becomes SDR, by the formulas of the standards; all other video passes as it is.
#include "check_util.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "tools/media/sdr_filter.hpp"

namespace {

using Color = std::array<double, 3>;

const std::vector<std::string> kHdr = {"bt2100-pq", "bt2100-hlg"};

std::string caps_of(const std::string& format, int width, int height, const std::string& colorimetry) {
  return check::caps_string(format, width, height, "framerate=25/1,colorimetry=" + colorimetry);
}

// SMPTE ST 2084.
constexpr double kM1 = 2610.0 / 16384, kM2 = 2523.0 / 32, kC1 = 3424.0 / 4096, kC2 = 2413.0 / 128, kC3 = 2392.0 / 128;

double pq_nits(double code) {
  const double p = std::pow(code, 1 / kM2);
  return 10000 * std::pow(std::max(p - kC1, 0.0) / (kC2 - kC3 * p), 1 / kM1);
}

double pq_code(double nits) {
  const double p = std::pow(nits / 10000, kM1);
  return std::pow((kC1 + kC2 * p) / (1 + kC3 * p), kM2);
}

// ARIB STD-B67.
double hlg_scene(double code) {
  const double a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * std::log(4 * a);
  return code <= 0.5 ? code * code / 3 : (std::exp((code - c) / a) + b) / 12;
}

/// What docs/media.md says, in double: R'G'B' of the signal to R'G'B' of the screen.
Color expected(const Color& signal, bool is_hlg) {
  Color light;
  for (int i = 0; i < 3; ++i) light[i] = is_hlg ? hlg_scene(signal[i]) : pq_nits(signal[i]);
  if (is_hlg) {
    const double y = 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2];
    for (double& value : light) value *= y > 0 ? 1000 * std::pow(y, 0.2) : 0;
  }
  const double most = *std::max_element(light.begin(), light.end());
  if (most <= 0) return {0, 0, 0};
  const double top = pq_code(1000), white = pq_code(203) / top, knee = 1.5 * white - 0.5;
  const double code = std::min(pq_code(most) / top, 1.0);
  double mapped = most;
  if (code >= knee) {
    const double t = (code - knee) / (1 - knee);
    mapped = pq_nits(top * ((2 * t * t * t - 3 * t * t + 1) * knee + (t * t * t - 2 * t * t + t) * (1 - knee) +
                            (3 * t * t - 2 * t * t * t) * white));
  }
  for (double& value : light) value *= mapped / most / 203;
  constexpr double kToBt709[3][3] = {
      {1.6605, -0.5876, -0.0728}, {-0.1246, 1.1329, -0.0083}, {-0.0182, -0.1006, 1.1187}};  // BT.2087
  Color screen{};
  for (int row = 0; row < 3; ++row) {
    double value = 0;
    for (int i = 0; i < 3; ++i) value += kToBt709[row][i] * light[i];
    screen[row] = std::pow(std::clamp(value, 0.0, 1.0), 1 / 2.4);
  }
  return screen;
}

/// Y, Cb, Cr in codes of `bits`.
Color to_yuv(const Color& rgb, double kr, double kb, int bits) {
  const double y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2], unit = 1 << (bits - 8);
  return {unit * (16 + 219 * y), unit * (128 + 112 * (rgb[2] - y) / (1 - kb)),
          unit * (128 + 112 * (rgb[0] - y) / (1 - kr))};
}

Color from_yuv(const Color& yuv, double kr, double kb, int bits) {
  const double unit = 1 << (bits - 8), y = (yuv[0] / unit - 16) / 219;
  const double b = y + (yuv[1] / unit - 128) / 112 * (1 - kb), r = y + (yuv[2] / unit - 128) / 112 * (1 - kr);
  return {r, (y - kr * r - kb * b) / (1 - kr - kb), b};
}

/// One color all over, in codes of 10 bits.
GstBuffer* plain_frame(GstVideoInfo* info, const Color& yuv) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, info->size, nullptr);
  GstVideoFrame frame;
  fail_unless(gst_video_frame_map(&frame, info, buffer, GST_MAP_WRITE));
  for (guint c = 0; c < 3; ++c) {
    const guint plane = GST_VIDEO_FRAME_COMP_PLANE(&frame, c);
    const int first = c > plane ? 2 : 0;  // GStreamer 1.22 is wrong about V of P010
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c); ++y)
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(&frame, c); ++x)
        GST_WRITE_UINT16_LE(static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane)) + first +
                                y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane) +
                                x * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, c),
                            guint16(yuv[c]) << GST_VIDEO_FORMAT_INFO_SHIFT(info->finfo, c));
  }
  gst_video_frame_unmap(&frame);
  GST_BUFFER_PTS(buffer) = GST_SECOND;
  GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
  return buffer;
}

/// The one color of what came out.
Color pull_color(GstHarness* harness, int width, int height) {
  GstCaps* caps = gst_pad_get_current_caps(harness->sinkpad);
  GstVideoInfo info;
  fail_unless(gst_video_info_from_caps(&info, caps));
  gst_caps_unref(caps);
  fail_unless_equals_int(GST_VIDEO_INFO_FORMAT(&info), GST_VIDEO_FORMAT_I420);
  fail_unless(gst_video_colorimetry_matches(&info.colorimetry, GST_VIDEO_COLORIMETRY_BT709));
  fail_unless(info.width == width && info.height == height);
  GstBuffer* buffer = gst_harness_pull(harness);
  fail_unless_equals_uint64(GST_BUFFER_PTS(buffer), GST_SECOND);
  fail_unless_equals_uint64(GST_BUFFER_DURATION(buffer), 40 * GST_MSECOND);
  GstVideoFrame frame;
  fail_unless(gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ));
  Color color{};
  for (guint c = 0; c < 3; ++c) {
    const auto* data = static_cast<const guint8*>(GST_VIDEO_FRAME_COMP_DATA(&frame, c));
    color[c] = data[0];
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c); ++y)
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(&frame, c); ++x)
        fail_unless(std::abs(data[y * GST_VIDEO_FRAME_COMP_STRIDE(&frame, c) + x] - data[0]) <= 1, "no plain color");
  }
  gst_video_frame_unmap(&frame);
  gst_buffer_unref(buffer);
  return color;
}

std::string incomplete() {
  const GstVideoColorimetry colorimetry = {GST_VIDEO_COLOR_RANGE_UNKNOWN, GST_VIDEO_COLOR_MATRIX_UNKNOWN,
                                           GST_VIDEO_TRANSFER_SMPTE2084, GST_VIDEO_COLOR_PRIMARIES_UNKNOWN};
  gchar* text = gst_video_colorimetry_to_string(&colorimetry);
  const std::string copy = text;
  g_free(text);
  return copy;
}

}  // namespace

GST_START_TEST(test_colors) {
  std::mt19937_64 rng(1);
  std::uniform_real_distribution<double> any(0, 1);
  // The last one says that it is PQ and nothing else.
  for (const std::string& hdr : {kHdr[0], kHdr[1], incomplete()})
    for (const std::string format : {"I420_10LE", "P010_10LE", "I422_10LE", "Y444_10LE"}) {
      const std::string caps = caps_of(format, 33, 17, hdr);
      GstHarness* harness = check::start(vcl::kSdrFilter, caps);
      GstVideoInfo info = check::video_info(caps);
      for (int i = 0; i < 60; ++i) {
        Color rgb{any(rng), any(rng), any(rng)};
        if (i % 3 == 0) rgb = {rgb[0], rgb[0], rgb[0]};
        Color yuv = to_yuv(rgb, 0.2627, 0.0593, 10);
        for (double& code : yuv) code = std::round(code);
        const Color signal = from_yuv(yuv, 0.2627, 0.0593, 10);
        Color clamped = signal;
        for (double& value : clamped) value = std::clamp(value, 0.0, 1.0);
        const Color screen = to_yuv(expected(clamped, hdr == "bt2100-hlg"), 0.2126, 0.0722, 8);
        fail_unless_equals_int(gst_harness_push(harness, plain_frame(&info, yuv)), GST_FLOW_OK);
        const Color found = pull_color(harness, 33, 17);
        // The signal is converted to RGB in steps of 2^-10 or so, which dark colors spread most; SDR is rounded twice.
        for (int c = 0; c < 3; ++c)
          fail_unless(std::abs(found[c] - screen[c]) <= 3, "%s %s: %.3f %.3f %.3f is %g, not %g", hdr.c_str(),
                      format.c_str(), signal[0], signal[1], signal[2], found[c], screen[c]);
      }
      gst_harness_teardown(harness);
    }
}
GST_END_TEST;

// Black is black, 1000 cd/m2 and more are white, paper is nearly so, and nothing that is brighter comes out darker.
GST_START_TEST(test_grays) {
  for (const std::string& hdr : kHdr) {
    const std::string caps = caps_of("I420_10LE", 16, 16, hdr);
    GstHarness* harness = check::start(vcl::kSdrFilter, caps);
    GstVideoInfo info = check::video_info(caps);
    const auto luma_of = [&](double code) {
      fail_unless_equals_int(gst_harness_push(harness, plain_frame(&info, {std::round(64 + 876 * code), 512, 512})),
                             GST_FLOW_OK);
      const Color found = pull_color(harness, 16, 16);
      fail_unless(std::abs(found[1] - 128) <= 2 && std::abs(found[2] - 128) <= 2, "a gray has a color");
      return found[0];
    };
    double before = 0;
    for (int code = 0; code <= 876; code += 4) {
      const double luma = luma_of(code / 876.0);
      fail_unless(luma >= before - 1, "darker at %d", code);  // GStreamer rounds
      before = std::max(before, luma);
    }
    fail_unless_equals_int(int(luma_of(0)), 16);
    fail_unless_equals_int(int(luma_of(1)), 235);
    const double paper = luma_of(hdr == "bt2100-pq" ? pq_code(203) : 0.75);
    fail_unless(paper > 205 && paper < 220, "paper is %g", paper);
    if (hdr == "bt2100-pq") fail_unless_equals_int(int(luma_of(pq_code(1000))), 235);
    gst_harness_teardown(harness);
  }
}
GST_END_TEST;

// SDR passes as it is, in any format, also before and after HDR in one stream.
GST_START_TEST(test_sdr_passes) {
  GstHarness* harness = check::start(vcl::kSdrFilter, caps_of("I420_10LE", 32, 16, "bt709"));
  for (const std::string& caps : {caps_of("I420_10LE", 32, 16, "bt709"), caps_of("I420_10LE", 32, 16, "bt2100-pq"),
                                  caps_of("NV12", 31, 15, "bt601"), caps_of("I420_10LE", 32, 16, "bt2100-hlg"),
                                  caps_of("I420_10LE", 32, 16, "bt2020-10"), check::caps_string("RGB", 5, 7)}) {
    gst_harness_set_src_caps_str(harness, caps.c_str());
    GstVideoInfo info = check::video_info(caps);
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, info.size, nullptr);
    gst_buffer_memset(buffer, 0, 77, info.size);
    GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
    fail_unless_equals_int(gst_harness_push(harness, buffer), GST_FLOW_OK);
    GstBuffer* out = gst_harness_pull(harness);
    const bool is_hdr = caps.find("bt2100") != std::string::npos;
    fail_unless((gst_buffer_peek_memory(out, 0) == memory) == !is_hdr, "%s", caps.c_str());
    GstCaps* found = gst_pad_get_current_caps(harness->sinkpad);
    GstCaps* given = gst_caps_from_string(caps.c_str());
    fail_unless(gst_caps_is_equal(found, given) == !is_hdr, "%s", caps.c_str());
    gst_caps_unref(found);
    gst_caps_unref(given);
    gst_buffer_unref(out);
  }
  gst_harness_teardown(harness);
}
GST_END_TEST;

// The parts of the caps that say how the master looked do not hold for SDR.
GST_START_TEST(test_caps) {
  GstHarness* harness = check::start(
      vcl::kSdrFilter,
      caps_of("P010_10LE", 32, 16, "bt2100-pq") +
          ",chroma-site=mpeg2,content-light-level=(string)1000:400,mastering-display-info=(string)"
          "35400:14600:8500:39850:6550:2300:15635:16450:10000000:50,pixel-aspect-ratio=4/3,interlace-mode=progressive");
  GstVideoInfo info = check::video_info(caps_of("P010_10LE", 32, 16, "bt2100-pq"));
  fail_unless_equals_int(gst_harness_push(harness, plain_frame(&info, {500, 512, 512})), GST_FLOW_OK);
  GstCaps* caps = gst_pad_get_current_caps(harness->sinkpad);
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  fail_if(gst_structure_has_field(structure, "content-light-level"));
  fail_if(gst_structure_has_field(structure, "mastering-display-info"));
  int numerator = 0, denominator = 0;
  fail_unless(gst_structure_get_fraction(structure, "pixel-aspect-ratio", &numerator, &denominator));
  fail_unless(numerator == 4 && denominator == 3);
  gst_caps_unref(caps);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Frames that GStreamer takes, and whose pixels in RGB it does not: the caps are refused with an error.
GST_START_TEST(test_too_large) {
  GstHarness* harness = gst_harness_new(vcl::kSdrFilter);
  GstBus* bus = gst_bus_new();
  gst_element_set_bus(harness->element, bus);
  gst_harness_set_src_caps_str(harness, caps_of("I420_10LE", 32768, 20000, "bt2100-pq").c_str());
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 1, nullptr);
  fail_unless_equals_int(gst_harness_push(harness, buffer), GST_FLOW_NOT_NEGOTIATED);
  GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  fail_unless(message != nullptr);
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  fail_unless(g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT));
  fail_unless(std::string(error->message).find("32768x20000") != std::string::npos, "%s", error->message);
  g_error_free(error);
  gst_message_unref(message);
  gst_element_set_bus(harness->element, nullptr);
  gst_object_unref(bus);
  gst_harness_teardown(harness);
}
GST_END_TEST;

static Suite* sdr_filter_suite() {
  vcl::register_sdr_filter();
  Suite* suite = suite_create("sdr-filter");
  TCase* tests = tcase_create("sdr-filter");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, test_colors);
  tcase_add_test(tests, test_grays);
  tcase_add_test(tests, test_sdr_passes);
  tcase_add_test(tests, test_caps);
  tcase_add_test(tests, test_too_large);
  return suite;
}

GST_CHECK_MAIN(sdr_filter)
