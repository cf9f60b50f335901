// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "vcl/geometry.hpp"
#include "vcl/maskcut.hpp"

namespace vcl::train {

/// One part of a list: part `index` of `count` parts, from 1.
struct Shard {
  int index = 1, count = 1;
};
/// Returns the first index and the end of the shard's photos. Shards are consecutive and differ by at most one photo.
std::pair<std::size_t, std::size_t> shard_range(std::size_t photos, const Shard& shard);

/// Options for MaskCut annotations of photos that are not in a pack.
struct AnnotateOptions {
  std::vector<std::string> inputs;  ///< as in find_photos
  std::string model;                ///< the network
  std::string json;                 ///< COCO annotations to write
  std::string sheet;                ///< PNG with examples; empty: none
  MaskCutOptions cuts;
  bool crf = true;
  Size input{};  ///< as in FeatureOptions
  Precision precision = Precision::Fp32;
  Shard shard;
  int threads = 1;  ///< photos processed at the same time
  int limit = 0;    ///< use only the first photos; 0: all
};

/// Writes options.json, its settings and its list of errors beside it. An interrupted run continues from its journal
/// when started again. Throws Error, also if the user stopped the run or no photo could be used.
void annotate_photos(const AnnotateOptions& options);

}  // namespace vcl::train
