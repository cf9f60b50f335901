// SPDX-License-Identifier: LGPL-2.1-or-later
#include "video_output.hpp"

#include <fmt/format.h>
#include <gst/gst.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "vcl/error.hpp"

namespace vcl {
namespace {

struct Encoder {
  const char* element;
  const char* description;  // settings: visually good at the encoder's fast end; a key frame each 2 s or so
  const char* codec;
};

constexpr Encoder kX264 = {"x264enc", "x264enc pass=qual quantizer=21 speed-preset=veryfast key-int-max=60 ! h264parse",
                           "H.264 (x264)"};
constexpr Encoder kOpenH264 = {"openh264enc", "openh264enc bitrate=6000000 gop-size=60 ! h264parse",
                               "H.264 (openh264)"};
constexpr Encoder kMpeg4 = {"avenc_mpeg4", "avenc_mpeg4 bitrate=6000000 ! mpeg4videoparse", "MPEG-4 part 2"};
constexpr Encoder kVp8 = {"vp8enc", "vp8enc deadline=1 cpu-used=6 target-bitrate=6000000 keyframe-max-dist=60", "VP8"};
constexpr Encoder kJpeg = {"jpegenc", "jpegenc quality=90", "Motion JPEG"};

struct Container {
  std::vector<std::string> extensions;
  const char* muxer;
  std::vector<Encoder> encoders;
};

const std::vector<Container> kContainers = {
    {{".mp4", ".m4v", ".mov"},
     "mp4mux fragment-duration=1000 fragment-mode=first-moov-then-finalise",
     {kX264, kOpenH264, kMpeg4}},
    {{".mkv"}, "matroskamux", {kX264, kOpenH264, kVp8, kJpeg}},
    {{".webm"}, "webmmux", {kVp8}},
    {{".avi"}, "avimux", {kX264, kJpeg}},
};

bool has_element(const char* name) {
  g_autoptr(GstElementFactory) factory = gst_element_factory_find(name);
  return factory != nullptr;
}

}  // namespace

VideoOutput video_output_for(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  for (const Container& container : kContainers) {
    if (std::find(container.extensions.begin(), container.extensions.end(), extension) == container.extensions.end())
      continue;
    for (const Encoder& encoder : container.encoders)
      if (has_element(encoder.element))
        return {fmt::format("capsfilter name=video_caps ! {} ! {} ! filesink name=video_file async=false",
                            encoder.description, container.muxer),
                encoder.codec};
    throw Error(ErrorKind::Unsupported,
                fmt::format("no encoder for '{}' is installed; install gstreamer1.0-plugins-ugly (H.264)", path));
  }
  throw Error(ErrorKind::Unsupported,
              fmt::format("cannot tell the format of '{}'; use a name that ends in .mp4, .mkv, .webm or .avi", path));
}

}  // namespace vcl
