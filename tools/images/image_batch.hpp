// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/images/image_progress.hpp"

namespace vcl {

/// What an image that cannot be done means for those behind it.
enum class OnError { Skip, Stop };

/// Calls `work` for each image in turn, until Ctrl-C. An image for which it throws an Error is noted as failed; the
/// next ones are done, or not, as `on_error` says. Error(Resource), and the error of the only image, pass through.
void do_images(const std::vector<std::string>& images, OnError on_error, ImageProgress& progress,
               const std::function<void(const std::string& image)>& work);

/// Prints the summary of do_images. Throws Error(Unreadable) with the counts where it was interrupted or images failed.
void report_images(const std::vector<std::string>& images, OnError on_error, const ImageProgress& progress);

}  // namespace vcl
