// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

namespace vcl::train {

/// Joins annotation files of the same settings into `out`, images in the order of the inputs. Throws Error(Invalid)
/// for other settings or an image that two files have, Error as read_coco and CocoWriter.
void merge_annotations(const std::vector<std::string>& inputs, const std::string& out);

}  // namespace vcl::train
