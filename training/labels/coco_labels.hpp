// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "training/photos/error_list.hpp"
#include "training/photos/labelled_photos.hpp"

namespace vcl::train {

/// Turns COCO annotations (run lengths, all categories alike) into a label file of a pack: of overlapping objects a
/// pixel belongs to the first. Photos are known by their names in the pack, or by their file names alone where these
/// are unique. What the pack does not have, or has in another shape, goes to `errors`. Nothing is done where `out` was
/// made of the same files. Throws as read_coco, Error(Unreadable) where no annotation fits a photo, Error(Resource).
void write_coco_labels(const std::string& annotations, const std::string& pack, LabelKind kind, const std::string& out,
                       ErrorList& errors);

}  // namespace vcl::train
