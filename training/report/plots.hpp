// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "training/report/curves.hpp"
#include "vcl/geometry.hpp"

/// Pictures for people, drawn with OpenCV. Available only in builds with OpenCV.
namespace vcl::train {

/// A picture to show: a photo or frame, an instance map (0 is background) and a line of text.
struct Picture {
  Size size;
  std::vector<std::uint8_t> rgb;  ///< [height, width, 3]
  std::vector<std::uint8_t> ids;  ///< [height, width]; empty: draws nothing over the photo
  std::string caption;
};

/// Writes all pictures to one PNG, `columns` per row, with colored instances. Throws Error(Resource) if it cannot be
/// written.
void write_contact_sheet(const std::string& path, const std::vector<Picture>& pictures, int columns);

/// Writes the clips of a contact sheet as an MP4 video (H.264, or MPEG-4 part 2 if there is no H.264 encoder). Each
/// clip has 2 * `frames` pictures: two versions, shown side by side. Each clip is repeated a few times. Throws
/// Error(Resource) if it cannot be written.
void write_clip_video(const std::string& path, const std::vector<Picture>& pictures, int frames);

/// Writes a PNG with one panel per curve. No curve may be empty. Throws Error(Resource) if it cannot be written.
void write_plot(const std::string& path, const std::vector<Curve>& curves, const std::string& x_title);

}  // namespace vcl::train
