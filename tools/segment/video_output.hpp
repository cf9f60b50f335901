// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>
#include <vector>

namespace vcl {

/// The coding that the user wants for a video file.
struct VideoCoding {
  std::string codec;           ///< one of video_codecs(); empty: the container's default
  std::optional<int> quality;  ///< 0 to 100; not set: the encoder's default
};

/// Returns the names of all codecs, installed or not.
const std::vector<std::string>& video_codecs();

/// How to write a video file with a given name.
struct VideoOutput {
  std::string path;
  std::string encoder;         ///< gst-launch text, ends in a parser if the muxer needs one
  std::string codec;           ///< name for the user
  int max_side = 0;            ///< maximum side of frames in pixels, for codec and container
  std::string muxer;           ///< gst-launch text, takes the encoder's video
  bool takes_sound = false;    ///< whether the muxer supports the given sound
  bool constant_rate = false;  ///< whether the container has no time stamps
};

/// Returns whether the extension of the file is one of a video format that can be written.
bool is_video_name(const std::string& path);

/// Chooses by the extension (.mp4 .m4v .mov .mkv .webm .avi), the wanted coding and the installed encoders, H.264
/// first.
/// MP4 files are written in fragments and finalized at the end, so a run that is killed leaves a playable file.
/// `sound` is null, or the caps and the first packet of the sound to write.
/// Throws Error(Unsupported), which states the cure.
VideoOutput video_output_for(const std::string& path, const VideoCoding& coding, GstSample* sound);

/// Links the sound of `source`, an appsrc with caps, to the muxer. Returns false if the muxer does not support this
/// kind of sound.
bool link_sound(GstElement* source, GstElement* muxer);

/// Throws Error(Unsupported), with the file, the cause and the cure, if frames with these raw caps do not fit into the
/// file.
void check_fits(const VideoOutput& output, const GstCaps* frames);

}  // namespace vcl
