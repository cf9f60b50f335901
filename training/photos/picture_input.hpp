// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "training/clips/copy_paste.hpp"
#include "training/photos/error_list.hpp"

/// Encoded pictures as training takes them; only in builds with OpenCV.
namespace vcl::train {

/// RGB as it lies in the file, without masks: EXIF orientation is not applied. Throws Error(Unreadable).
ClipFrame read_picture(const std::string& path);

/// Packs the photos of a folder (or what else pack_photos takes) with sides of `side` at most into `out`, unless it was
/// made so before; unusable ones go to `errors`. Throws as pack_photos.
void pack_folder(const std::string& folder, const std::string& out, int side, int threads, ErrorList& errors);

}  // namespace vcl::train
