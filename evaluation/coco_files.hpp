// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evaluation/coco_eval.hpp"
#include "vcl/coco.hpp"

/// COCO's files of ground truth and results, for a class-agnostic comparison: categories are pooled. Masks are run
/// lengths, compressed or not; polygons are refused.
namespace vcl {

struct CocoTruths {
  std::map<std::int64_t, CocoImage> images;  ///< by id
  std::vector<CocoTruth> truths;             ///< by category, then as in the file
};

/// Throw Error(NotFound | Unreadable) naming the file and the entry.
CocoTruths read_coco_truths(const std::string& path);
/// By category, then as in the file. Every result must be of one of `images`, its mask of the image's size.
std::vector<CocoResult> read_coco_results(const std::string& path, const CocoTruths& truths);

}  // namespace vcl
