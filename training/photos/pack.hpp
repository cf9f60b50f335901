// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "training/photos/photo_files.hpp"

namespace vcl::train {

struct PackResult {
  std::size_t photos = 0;
  std::vector<Skipped> skipped;  ///< unusable files, in order
};

/// Decodes photos (with EXIF orientation), reduces them so that the longer side is at most `side` (area filter, nothing
/// is enlarged) and writes each as a uint8 tensor "image/<source>/<file>" [H,W,3] RGB. Needs twice the disk space of
/// the pixels, and memory for a few photos. Unusable files are skipped and returned. Throws Error(Invalid) if no photo
/// is usable, Error(Resource) if a file cannot be written.
PackResult pack_photos(const std::vector<std::string>& inputs, const std::string& out, int side, int threads);

}  // namespace vcl::train
