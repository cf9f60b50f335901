// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "training/clips/labelled_videos.hpp"
#include "training/fit/fit.hpp"

namespace vcl::train {

/// What fit trains on. Folders of photos are packed into options.out first, and COCO annotations become label files
/// there. `errors` must outlive what is returned. Throw Error naming the file and its cure: also for folders and videos
/// in builds without OpenCV.
LabelledPhotos open_photos(const FitOptions& options, LabelKind kind, ErrorList& errors);
std::optional<LabelledVideos> open_videos(const FitOptions& options, ErrorList& errors);

}  // namespace vcl::train
