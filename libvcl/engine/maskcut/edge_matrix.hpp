// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace vcl {

/// Which pairs of patches are alike, for products with vectors: the graph that MaskCut cuts (method.md 2.2.2).
class EdgeMatrix {
 public:
  /// `features`: float or double [C, n], on any device. An edge joins two patches whose cosine similarity is above
  /// `tau`. A zero column is like nothing, not even itself.
  EdgeMatrix(const at::Tensor& features, double tau);

  std::int64_t patches() const { return patches_; }
  /// E x of the double vector `x` [n], on the features' device. The same on any number of threads.
  at::Tensor times(const at::Tensor& x) const;

 private:
  std::int64_t patches_;
  at::Tensor dense_;                ///< double [n, n] on other devices than the CPU
  std::vector<std::uint8_t> bits_;  ///< on the CPU: bit k of byte [g, r] tells of an edge between 8 g + k and r
};

}  // namespace vcl
