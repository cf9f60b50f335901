// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "training/photos/error_list.hpp"
#include "training/photos/labelled_photos.hpp"

namespace vcl::train {

/// Converts COCO annotations (run lengths; categories are ignored) to a label file of a pack. Where objects overlap, a
/// pixel belongs to the first one. Photos are found by their names in the pack, or by file name alone if it is unique.
/// Photos that the pack lacks or has in another aspect ratio are added to `errors`. Does nothing if `out` was made from
/// the same files. Throws like read_coco; Error(Unreadable) if no annotation matches a photo; Error(Resource).
void write_coco_labels(const std::string& annotations, const std::string& pack, LabelKind kind, const std::string& out,
                       ErrorList& errors);

}  // namespace vcl::train
