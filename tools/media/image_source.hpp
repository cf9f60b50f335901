// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/app/gstappsrc.h>

#include <string>
#include <vector>

namespace vcl {

/// Lets `source` play image files as video frames (BGR) at `fps`, read one by one as they are asked
/// for. Images of another size than the one before change the caps. An image that cannot be read is
/// posted as an element error that names it, and ends the stream. `first`: how many images of the input come before
/// these; their stream time has passed, running time begins with these.
void play_images(GstAppSrc* source, const std::vector<std::string>& images, double fps, std::size_t first);

}  // namespace vcl
