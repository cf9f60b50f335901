// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "training/clips/copy_paste.hpp"

namespace vcl::train {

/// Reads RGB as stored in the file, without masks. EXIF orientation is not applied. Available only in builds with
/// OpenCV. Throws Error(Unreadable).
ClipFrame read_picture(const std::string& path);

}  // namespace vcl::train
