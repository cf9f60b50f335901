// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>
#include <vector>

namespace vcl {

/// What a video file is asked to be.
struct VideoCoding {
  std::string codec;           ///< one of video_codecs(); empty: the usual one of the container
  std::optional<int> quality;  ///< 0 to 100; none: the encoder's usual one
};

/// Names of all codecs; not all need be installed.
const std::vector<std::string>& video_codecs();

/// How a video file of a given name is written.
struct VideoOutput {
  std::string path;
  std::string encoder;         ///< gst-launch description, ends in a parser where the muxer wants one
  std::string codec;           ///< what people call it
  int max_side = 0;            ///< pixels that codec and container can take
  std::string muxer;           ///< gst-launch description, takes the encoder's video
  bool takes_sound = false;    ///< the muxer takes the sound that was asked for
  bool constant_rate = false;  ///< the container has no time stamps
};

/// Whether a file's name ends as those of the videos that are written.
bool is_video_name(const std::string& path);

/// By extension (.mp4 .m4v .mov .mkv .webm .avi), by what is asked for and by the encoders that are installed: H.264
/// first.
/// MP4 files are written in fragments and finalised at the end, so that a run that is killed leaves a playable file.
/// `sound`: null, or the caps and the first packet of sound that the file should hold besides.
/// Throws Error(Unsupported) that names the cure.
VideoOutput video_output_for(const std::string& path, const VideoCoding& coding, GstSample* sound);

/// Gives the sound of `source`, an appsrc with caps, to the muxer. False: it is of a kind that the muxer does not know.
bool link_sound(GstElement* source, GstElement* muxer);

/// Throws Error(Unsupported) with file, cause and cure where frames of these raw caps do not fit into the file.
void check_fits(const VideoOutput& output, const GstCaps* frames);

}  // namespace vcl
