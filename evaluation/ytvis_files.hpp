// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "evaluation/ytvis_eval.hpp"
#include "vcl/geometry.hpp"

/// YouTube-VIS's files of ground truth and results, read as streams, for a class-agnostic comparison. Masks are run
/// lengths, compressed or not; polygons are refused.
namespace vcl {

struct YtvisVideo {
  std::vector<std::string> frames;  ///< file names
  Size size;
};

struct YtvisTruths {
  std::map<std::int64_t, YtvisVideo> videos;  ///< by id
  std::set<std::int64_t> categories;
  std::vector<YtvisTruth> truths;  ///< by category, then as in the file
};

/// Throw Error(NotFound | Unreadable) naming the file and the entry: also where a track has not one mask, or null, for
/// each frame of its video.
YtvisTruths read_ytvis_truths(const std::string& path);
/// By category, then as in the file; without those of categories that the ground truth does not list.
std::vector<YtvisResult> read_ytvis_results(const std::string& path, const YtvisTruths& truths);

}  // namespace vcl
