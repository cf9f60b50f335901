// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "training/photos/error_list.hpp"

namespace vcl::train {

/// Packs the photos of a folder (or of another input of pack_photos) into `out` with sides of at most `side`, unless
/// `out` was already made this way. Unusable photos are added to `errors`. Available only in builds with OpenCV. Throws
/// like pack_photos.
void pack_folder(const std::string& folder, const std::string& out, int side, int threads, ErrorList& errors);

}  // namespace vcl::train
