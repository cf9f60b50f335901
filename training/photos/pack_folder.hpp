// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "training/photos/error_list.hpp"

namespace vcl::train {

/// Packs the photos of a folder (or what else pack_photos takes) with sides of `side` at most into `out`, unless it was
/// made so before; unusable ones go to `errors`. Only in builds with OpenCV. Throws as pack_photos.
void pack_folder(const std::string& folder, const std::string& out, int side, int threads, ErrorList& errors);

}  // namespace vcl::train
