// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/app/gstappsrc.h>

#include <string>
#include <vector>

#include "tools/media/picture.hpp"

namespace vcl {

/// How image files become a video.
struct ImagePlay {
  double fps;
  std::size_t first;  ///< images of the input before these: their stream time has passed, running time begins here
  PictureReading reading;
  bool skips_broken;  ///< images that cannot be read; the others keep their times
};

/// Lets `source` play image files as video frames (BGR), which are read one by one when they are needed. Images of
/// another size than the one before change the caps. An image that cannot be read is named on standard error and
/// skipped, or it is posted as an element error that names it, and ends the stream.
void play_images(GstAppSrc* source, const std::vector<std::string>& images, const ImagePlay& play);

/// How many images were skipped so far. 0: `source` plays no images.
int skipped_images(GstElement* source);

}  // namespace vcl
