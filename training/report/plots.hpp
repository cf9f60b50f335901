// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "training/report/curves.hpp"
#include "vcl/geometry.hpp"

/// Pictures for people, drawn with OpenCV; only in builds that have it.
namespace vcl::train {

/// A picture to look at: a photo or frame, an instance map (0 background) and a line of text.
struct Picture {
  Size size;
  std::vector<std::uint8_t> rgb;  ///< [height, width, 3]
  std::vector<std::uint8_t> ids;  ///< [height, width]; empty: nothing drawn over the photo
  std::string caption;
};

/// All pictures in one PNG, `columns` side by side, instances coloured. Throws Error(Resource) when it cannot be
/// written.
void write_contact_sheet(const std::string& path, const std::vector<Picture>& pictures, int columns);

/// The clips of a contact sheet, each `frames` pictures and as many again, as an MP4 video (H.264, or MPEG-4 part 2
/// where there is no encoder for it): both side by side, every clip a few times over. Throws Error(Resource) when it
/// cannot be written.
void write_clip_video(const std::string& path, const std::vector<Picture>& pictures, int frames);

/// A PNG with one panel for each curve, none of them empty. Throws Error(Resource) when it cannot be written.
void write_plot(const std::string& path, const std::vector<Curve>& curves, const std::string& x_title);

}  // namespace vcl::train
