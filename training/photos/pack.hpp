// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "training/photos/photo_files.hpp"

namespace vcl::train {

struct PackResult {
  std::size_t photos = 0;
  std::vector<Skipped> skipped;  ///< files that could not be used, in the order met
};

/// Decodes photos (EXIF orientation applied), shrinks them so that the longer side is at most `side`
/// (area filter, nothing is enlarged) and writes one uint8 tensor "image/<source>/<file>" [H,W,3] RGB for
/// each. Needs disk space for the pixels twice, memory for a few photos. Unusable files are skipped and
/// returned. Throws Error(Invalid) when no photo is usable, Error(Resource) for what cannot be written.
PackResult pack_photos(const std::vector<std::string>& inputs, const std::string& out, int side, int threads);

}  // namespace vcl::train
