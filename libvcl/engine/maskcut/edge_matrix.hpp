// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace vcl {

/// The graph that MaskCut cuts (method.md 2.2.2): a symmetric 0/1 matrix E of linked patches, for products with
/// vectors.
class EdgeMatrix {
 public:
  /// `features`: float or double [C, n], on any device. Two patches are linked if their cosine similarity is above
  /// `tau`. A zero column is linked to nothing, not even to itself.
  EdgeMatrix(const at::Tensor& features, double tau);

  std::int64_t patches() const { return patches_; }
  /// Returns E x for the double vector `x` [n], on the device of the features. The result does not depend on the number
  /// of threads.
  at::Tensor times(const at::Tensor& x) const;

 private:
  std::int64_t patches_;
  at::Tensor dense_;                ///< double [n, n] on devices other than the CPU
  std::vector<std::uint8_t> bits_;  ///< on the CPU: bit k of byte [g, r] is set if patches 8 g + k and r are linked
};

}  // namespace vcl
