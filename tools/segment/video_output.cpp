// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/segment/video_output.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/outputs.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

struct Encoder {
  const char* name;  // as in --codec
  const char* element;
  const char* settings;  // settings for speed, with a key frame about every 2 s
  const char* usual;     // rate settings without --quality
  const char* chosen;    // rate settings for a quality number
  double worst, best;    // numbers for the qualities 0 and 100
  const char* parser;    // needed by muxers; may be empty
  const char* codec;
  int max_side;
  const char* package;  // of Debian
};

// No B frames: with them, the decoding times of a variable frame rate end before the last frames, and MP4 then hides
// these.
constexpr Encoder kX264 = {"h264",
                           "x264enc",
                           "speed-preset=veryfast key-int-max=60 bframes=0 pass=qual",
                           "quantizer=21",
                           "quantizer={}",
                           50,
                           1,
                           "! h264parse",
                           "H.264 (x264)",
                           16384,
                           "gstreamer1.0-plugins-ugly"};
constexpr Encoder kOpenH264 = {"h264",
                               "openh264enc",
                               "gop-size=60",
                               "bitrate=6000000",
                               "rate-control=quality bitrate=100000000 qp-min={0} qp-max={0}",
                               51,
                               1,
                               "! h264parse",
                               "H.264 (openh264)",
                               4096,
                               "gstreamer1.0-plugins-bad"};
constexpr Encoder kX265 = {"h265",
                           "x265enc",
                           "speed-preset=superfast key-int-max=60 option-string=bframes=0",
                           "qp=24",
                           "qp={}",
                           51,
                           1,
                           "! h265parse",
                           "H.265 (x265)",
                           16384,
                           "gstreamer1.0-plugins-bad"};
constexpr Encoder kVp8 = {"vp8",
                          "vp8enc",
                          "deadline=1 cpu-used=6 keyframe-max-dist=60",
                          "target-bitrate=6000000",
                          "target-bitrate=1000000000 min-quantizer={0} max-quantizer={0}",
                          63,
                          1,
                          "",
                          "VP8",
                          16383,
                          "gstreamer1.0-plugins-good"};
constexpr Encoder kVp9 = {
    "vp9",
    "vp9enc",
    "deadline=1 cpu-used=8 row-mt=true lag-in-frames=0 keyframe-max-dist=60 target-bitrate=1000000000",
    "min-quantizer=26 max-quantizer=26",
    "min-quantizer={0} max-quantizer={0}",
    63,
    1,
    "! vp9parse",
    "VP9",
    16384,
    "gstreamer1.0-plugins-good"};
constexpr Encoder kAv1 = {"av1",
                          "av1enc",
                          "usage-profile=realtime cpu-used=8 keyframe-max-dist=60 target-bitrate=1000000",
                          "min-quantizer=26 max-quantizer=26",
                          "min-quantizer={0} max-quantizer={0}",
                          63,
                          1,
                          "! av1parse",
                          "AV1",
                          16384,
                          "gstreamer1.0-plugins-bad"};
constexpr Encoder kJpeg = {
    "mjpeg", "jpegenc", "", "quality=90", "quality={}", 0, 100, "", "Motion JPEG", 65500, "gstreamer1.0-plugins-good"};

struct Container {
  std::vector<std::string> extensions;
  std::vector<const char*> muxers;  // the first one that supports the sound is used
  std::vector<Encoder> encoders;
  int max_side;
  bool constant_rate;
};

constexpr GstClockTime kPatience = 20 * GST_SECOND;  // only ends a hang

constexpr const char* kMp4 = "mp4mux fragment-duration=1000 fragment-mode=first-moov-then-finalise";
constexpr const char* kQuickTime = "qtmux fragment-duration=1000 fragment-mode=first-moov-then-finalise";

/// Containers and their encoders, the usual ones first.
const std::vector<Container> kContainers = {
    {{".mp4", ".m4v"}, {kMp4}, {kX264, kOpenH264, kX265, kVp9, kAv1}, 65535, false},
    {{".mov"}, {kMp4, kQuickTime}, {kX264, kOpenH264, kX265}, 65535, false},
    {{".mkv"}, {"matroskamux"}, {kX264, kOpenH264, kVp8, kJpeg, kX265, kVp9, kAv1}, 65535, false},
    {{".webm"}, {"webmmux"}, {kVp8, kVp9, kAv1}, 65535, false},
    {{".avi"}, {"avimux"}, {kX264, kJpeg}, 4096, true},
};

bool has_element(const char* name) {
  g_autoptr(GstElementFactory) factory = gst_element_factory_find(name);
  return factory != nullptr;
}

/// Returns whether the muxer supports sound with these caps and this first packet. Muxers check both, so this tries it.
bool takes_sound(const std::string& muxer, GstSample* sound) {
  g_autoptr(GstElement) pipeline = gst_parse_launch(
      fmt::format("appsrc name=packets format=time  {} name=muxer ! fakesink sync=false", muxer).c_str(), nullptr);
  if (!pipeline) return false;
  g_autoptr(GstElement) packets = gst_bin_get_by_name(GST_BIN(pipeline), "packets");
  g_autoptr(GstElement) mux = gst_bin_get_by_name(GST_BIN(pipeline), "muxer");
  g_object_set(packets, "caps", gst_sample_get_caps(sound), nullptr);
  if (!link_sound(packets, mux)) return false;
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  gst_app_src_push_sample(GST_APP_SRC(packets), sound);
  gst_app_src_end_of_stream(GST_APP_SRC(packets));
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  g_autoptr(GstMessage) end =
      gst_bus_timed_pop_filtered(bus, kPatience, GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return end && GST_MESSAGE_TYPE(end) == GST_MESSAGE_EOS;
}

bool is_of(const Container& container, const std::string& path) {
  return std::ranges::find(container.extensions, ending_of(path)) != container.extensions.end();
}

/// Returns the codecs that the container supports and that are installed.
std::vector<std::string> codecs_of(const Container& container) {
  std::vector<std::string> names;
  for (const Encoder& encoder : container.encoders)
    if (has_element(encoder.element) && std::ranges::find(names, encoder.name) == names.end())
      names.emplace_back(encoder.name);
  return names;
}

/// Returns the extensions of files that support the codec.
std::vector<std::string> endings_for(const std::string& codec) {
  std::vector<std::string> endings;
  for (const Container& container : kContainers)
    if (const auto names = codecs_of(container); std::ranges::find(names, codec) != names.end())
      endings.push_back(container.extensions.front());
  return endings;
}

std::string describe(const Encoder& encoder, const std::optional<int>& quality) {
  std::string rate = encoder.usual;
  if (quality)
    rate = fmt::format(fmt::runtime(encoder.chosen),
                       std::lround(encoder.worst + (encoder.best - encoder.worst) * *quality / 100));
  return fmt::format("{} {} {} {}", encoder.element, encoder.settings, rate, encoder.parser);
}

/// Returns the packages of the encoders that are not there, for the codec or (empty) for any.
std::vector<std::string> packages_for(const Container& container, const std::string& codec) {
  std::vector<std::string> packages;
  for (const Encoder& encoder : container.encoders)
    if ((codec.empty() || codec == encoder.name) && std::ranges::find(packages, encoder.package) == packages.end())
      packages.emplace_back(encoder.package);
  return packages;
}

[[noreturn]] void refuse_codec(const std::string& path, const Container& container, const std::string& codec) {
  const std::vector<std::string> here = codecs_of(container), endings = endings_for(codec);
  const auto packages = packages_for(container, codec);
  const std::string others =
      here.empty() ? "" : fmt::format(", or choose another codec: --codec {}", fmt::join(here, ", "));
  if (!packages.empty())
    throw Error(ErrorKind::Unsupported,
                fmt::format("'{}' cannot be written: no encoder for {} is installed; install {}{}", path,
                            codec.empty() ? "it" : codec, fmt::join(packages, " or "), others));
  throw Error(ErrorKind::Unsupported,
              fmt::format("'{}' cannot be {}: {} files take {} here, and {} goes into {}", path, codec, ending_of(path),
                          fmt::join(here, ", "), codec, fmt::join(endings, ", ")));
}

}  // namespace

bool is_video_name(const std::string& path) {
  return std::ranges::any_of(kContainers, [&path](const Container& container) { return is_of(container, path); });
}

const std::vector<std::string>& video_codecs() {
  static const std::vector<std::string> kNames = {"h264", "h265", "vp8", "vp9", "av1", "mjpeg"};
  return kNames;
}

VideoOutput video_output_for(const std::string& path, const VideoCoding& coding, GstSample* sound) {
  for (const Container& container : kContainers) {
    if (!is_of(container, path)) continue;
    for (const Encoder& encoder : container.encoders) {
      if (!has_element(encoder.element) || (!coding.codec.empty() && coding.codec != encoder.name)) continue;
      VideoOutput output = {.path = path,
                            .encoder = describe(encoder, coding.quality),
                            .codec = encoder.codec,
                            .max_side = std::min(encoder.max_side, container.max_side),
                            .muxer = container.muxers.front(),
                            .constant_rate = container.constant_rate};
      const auto taker = std::find_if(container.muxers.begin(), container.muxers.end(),
                                      [sound](const char* muxer) { return sound && takes_sound(muxer, sound); });
      output.takes_sound = taker != container.muxers.end();
      if (output.takes_sound) output.muxer = *taker;
      return output;
    }
    refuse_codec(path, container, coding.codec);
  }
  throw Error(
      ErrorKind::Unsupported,
      fmt::format("cannot tell the format of '{}'; use a name that ends in .mp4, .m4v, .mov, .mkv, .webm or .avi",
                  path));
}

bool link_sound(GstElement* source, GstElement* muxer) {
  g_autoptr(GstCaps) caps = nullptr;
  g_object_get(source, "caps", &caps, nullptr);
  g_autoptr(GstPad) from = gst_element_get_static_pad(source, "src");
  g_autoptr(GstPad) to = gst_element_request_pad_simple(muxer, "audio_%u");
  if (!to) return false;
  if (gst_pad_query_accept_caps(to, caps) && gst_pad_link(from, to) == GST_PAD_LINK_OK) return true;
  gst_element_release_request_pad(muxer, to);
  return false;
}

void check_fits(const VideoOutput& output, const GstCaps* frames) {
  GstVideoInfo video;
  if (!gst_video_info_from_caps(&video, frames)) return;
  if (std::max(video.width, video.height) > output.max_side)
    throw Error(
        ErrorKind::Unsupported,
        fmt::format("cannot write '{}': {} in this container takes at most {} pixels a side, the frames have {}x{}; "
                    "{}",
                    output.path, output.codec, output.max_side, video.width, video.height,
                    output.constant_rate ? "choose .mp4 or .mkv, or leave out --overlay"
                                         : "leave out --overlay, or make the frames smaller"));
  if (output.constant_rate && video.fps_n == 0)
    throw Error(ErrorKind::Unsupported, fmt::format("cannot write '{}': AVI wants a constant frame rate, and the input "
                                                    "does not state one; choose .mp4, .mkv or .webm",
                                                    output.path));
}

}  // namespace vcl
