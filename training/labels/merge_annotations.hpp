// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

namespace vcl::train {

/// Merges annotation files with the same settings into `out`, with images in the order of the inputs. Throws
/// Error(Invalid) if settings differ or an image is in two files. Throws Error like read_coco and CocoWriter.
void merge_annotations(const std::vector<std::string>& inputs, const std::string& out);

}  // namespace vcl::train
