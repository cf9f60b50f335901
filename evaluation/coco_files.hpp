// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evaluation/coco_eval.hpp"
#include "vcl/coco.hpp"

/// COCO files of ground truth and results, for class-agnostic comparison: categories are pooled. Masks are run lengths,
/// compressed or not; polygons are refused.
namespace vcl {

struct CocoTruths {
  std::map<std::int64_t, CocoImage> images;  ///< by id
  std::vector<CocoTruth> truths;             ///< sorted by category, then in file order
};

/// Both functions throw Error(NotFound | Unreadable) that names the file and the entry.
CocoTruths read_coco_truths(const std::string& path);
/// Returns results sorted by category, then in file order. Each result must belong to one of the truth's images and
/// have a mask of its size.
std::vector<CocoResult> read_coco_results(const std::string& path, const CocoTruths& truths);

}  // namespace vcl
