// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace vcl {

/// How a video file of a given name is written: a gst-launch description that ends in
/// `filesink name=video_file`, and what people call the codec.
struct VideoOutput {
  std::string description;
  std::string codec;
};

/// By extension (.mp4 .m4v .mov .mkv .webm .avi) and by the encoders that are installed: H.264 first.
/// The description begins with a capsfilter named `video_caps`, for the size. MP4 files are written in
/// fragments and finalised at the end, so that a run that is killed leaves a playable file.
/// Throws Error(Unsupported) that names the cure.
VideoOutput video_output_for(const std::string& path);

}  // namespace vcl
