// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/images/image_progress.hpp"

namespace vcl {

/// What to do after an image that fails: continue with the others, or stop.
enum class OnError { Skip, Stop };

/// Calls `work` for each image in turn, until Ctrl-C. If it throws an Error, the image is recorded as failed, and
/// `on_error` decides whether the run continues. Error(Resource) is passed on, and so is the error of a single image.
void do_images(const std::vector<std::string>& images, OnError on_error, ImageProgress& progress,
               const std::function<void(const std::string& image)>& work);

/// Prints the summary of do_images. Throws Error(Unreadable) with the counts if the run was interrupted or images
/// failed.
void report_images(const std::vector<std::string>& images, OnError on_error, const ImageProgress& progress);

}  // namespace vcl
