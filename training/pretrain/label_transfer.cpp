// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/pretrain/label_transfer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace vcl::train {
namespace {

constexpr std::int64_t kNeighbours = 9;   // odd, so that there are no ties
constexpr std::int64_t kRemembered = 64;  // patches per photo among which other photos find neighbors

/// Returns evenly spread patches.
Patches remembered(const Patches& all) {
  const std::int64_t count = all.labels.size(0), kept = std::min(count, kRemembered);
  const at::Tensor places = at::floor_divide(at::arange(kept, at::kLong) * count, kept);
  return {all.vectors.index_select(0, places), all.labels.index_select(0, places)};
}

}  // namespace

double label_transfer(const std::vector<Patches>& photos) {
  if (photos.size() < 2) return std::nan("");
  std::vector<Patches> memory;
  for (const Patches& photo : photos) memory.push_back(remembered(photo));
  double both[2] = {}, either[2] = {};  // background, object
  for (std::size_t i = 0; i < photos.size(); ++i) {
    std::vector<at::Tensor> vectors, labels;
    for (std::size_t k = 0; k < photos.size(); ++k) {
      if (k == i) continue;
      vectors.push_back(memory[k].vectors);
      labels.push_back(memory[k].labels);
    }
    const at::Tensor similarity = photos[i].vectors.mm(at::cat(vectors).t());
    const at::Tensor nearest = std::get<1>(similarity.topk(std::min(kNeighbours, similarity.size(1)), 1));
    const at::Tensor guess = at::cat(labels).index_select(0, nearest.flatten()).view_as(nearest).mean(1).gt(0.5);
    const at::Tensor truth = photos[i].labels.gt(0.5);
    for (const int label : {0, 1}) {
      both[label] += (guess.eq(label) & truth.eq(label)).sum().item<double>();
      either[label] += (guess.eq(label) | truth.eq(label)).sum().item<double>();
    }
  }
  return (both[0] / std::max(1.0, either[0]) + both[1] / std::max(1.0, either[1])) / 2;
}

}  // namespace vcl::train
