// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "vcl/geometry.hpp"
#include "vcl/maskcut.hpp"

namespace vcl::train {

/// A share of a list: part `index` of `count`, from 1.
struct Shard {
  int index = 1, count = 1;
};
/// The first and the end of its photos: shards are even to one photo, and follow each other.
std::pair<std::size_t, std::size_t> shard_range(std::size_t photos, const Shard& shard);

/// MaskCut's annotations of photos that are no pack.
struct AnnotateOptions {
  std::vector<std::string> inputs;  ///< as of find_photos
  std::string model;                ///< the network
  std::string json;                 ///< COCO annotations written here
  std::string sheet;                ///< PNG of examples; empty: none
  MaskCutOptions cuts;
  bool crf = true;
  Size input{};  ///< as in FeatureOptions
  Precision precision = Precision::Fp32;
  Shard shard;
  int threads = 1;  ///< photos at a time
  int limit = 0;    ///< only the first so many photos; 0: all
};

/// Writes options.json, its settings and its list of errors beside it. A run that was killed or stopped goes on from
/// its journal. Throws Error: also when it was asked to stop, or when no photo could be used.
void annotate_photos(const AnnotateOptions& options);

}  // namespace vcl::train
