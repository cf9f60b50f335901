// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "training/clips/labelled_videos.hpp"
#include "training/fit/fit.hpp"

namespace vcl::train {

/// Opens the training data. Folders of photos are first packed into options.out, and COCO annotations become label
/// files there. `errors` must outlive the result. Throws Error that names the file and its cure; builds without OpenCV
/// throw it for folders and videos.
LabelledPhotos open_photos(const FitOptions& options, LabelKind kind, ErrorList& errors);
std::optional<LabelledVideos> open_videos(const FitOptions& options, ErrorList& errors);

}  // namespace vcl::train
