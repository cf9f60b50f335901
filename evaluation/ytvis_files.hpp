// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "evaluation/ytvis_eval.hpp"
#include "vcl/geometry.hpp"

/// YouTube-VIS files of ground truth and results, read as streams, for class-agnostic comparison. Masks are run
/// lengths, compressed or not; polygons are refused.
namespace vcl {

struct YtvisVideo {
  std::vector<std::string> frames;  ///< file names
  Size size;
};

struct YtvisTruths {
  std::map<std::int64_t, YtvisVideo> videos;  ///< by id
  std::set<std::int64_t> categories;
  std::vector<YtvisTruth> truths;  ///< sorted by category, then in file order
};

/// Both functions throw Error(NotFound | Unreadable) that names the file and the entry, also if a track does not have
/// exactly one mask or null for each frame of its video.
YtvisTruths read_ytvis_truths(const std::string& path);
/// Returns results sorted by category, then in file order. Results of categories that the ground truth does not list
/// are left out.
std::vector<YtvisResult> read_ytvis_results(const std::string& path, const YtvisTruths& truths);

}  // namespace vcl
