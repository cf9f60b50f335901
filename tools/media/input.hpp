// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "tools/media/file_end.hpp"

namespace vcl {

/// What `vcl segment` reads: a URI, or the image files of a folder or pattern in order.
struct Input {
  std::string name;                 ///< as the user wrote it, for messages
  std::string uri;                  ///< empty: images
  std::string path;                 ///< the local file behind the URI, if it is one
  std::vector<std::string> images;  ///< in numerical order
  FileEnd end = FileEnd::Unknown;   ///< of a video file

  bool is_standard_input() const { return uri.starts_with("fd://"); }
  /// A device or what the network sends; it may be a camera, or a file elsewhere.
  bool is_remote() const { return !uri.empty() && path.empty() && !is_standard_input(); }
  /// The file that is read, as Outputs takes it. Empty: none, or images.
  const std::string& file() const { return is_standard_input() ? uri : path; }
};

constexpr const char* kStandardInput = "-";

/// IN: "-", which is standard input, a file or URI that GStreamer decodes, a folder of images, one image, or a printf
/// pattern (frames/%05d.png; numbers may have gaps). Throws Error(NotFound | Unreadable | Invalid) with the cure.
Input resolve_input(const std::string& in);

/// The files that a pattern like frames/img_%05d.png names, by ascending number.
std::vector<std::string> images_of_pattern(const std::string& pattern);

/// The files and folders that match a pattern of the shell, in natural order.
std::vector<std::string> names_of_glob(const std::string& pattern);

/// The names that a text file holds, one a line, with or without a byte order mark. `what` they name is for messages.
/// Throws Error(NotFound | Unreadable).
std::vector<std::string> read_list(const std::string& path, const std::string& what);

/// IN of verbs for single images: an image, the images directly in a folder, or a text file with the name of an image a
/// line (relative ones as on the command line). Whether they can be read shows later. Throws Error(NotFound |
/// Unreadable) when there are none.
std::vector<std::string> resolve_images(const std::string& in);

/// IN of a run over photos: an image, or, with `folders`, the images of a folder or pattern. Whether they can be read
/// shows later. Throws Error(NotFound | Invalid) with the cure.
std::vector<std::string> resolve_photos(const std::string& in, bool folders);

/// Whether a comes before b, runs of digits compared as numbers: 2.jpg before 10.jpg.
bool natural_less(const std::string& a, const std::string& b);

/// Returns the message about a YUV4MPEG file of a kind that GStreamer does not read.
std::string refusal_of_yuv4mpeg(const std::string& name);

}  // namespace vcl
