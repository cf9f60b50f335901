// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "vcl/geometry.hpp"

namespace vcl {

/// Assigns each pixel of a frame to one mask, if masks may not overlap. Logits are float32 [canvas height, canvas
/// width].
class Claims {
 public:
  explicit Claims(Size content) : content_(content) {}

  /// Returns the rest of a mask after the claims of better masks, without parts below a tenth of its largest part.
  /// Returns undefined if the mask repeats another one: most of it is claimed, or it contains a better mask that makes
  /// up a quarter of it.
  at::Tensor left_of(const at::Tensor& logits) const;
  void claim(const at::Tensor& logits);

 private:
  at::Tensor inside(const at::Tensor& logits) const;

  Size content_;                   ///< size of the frame on the canvas; the rest is padding
  at::Tensor unclaimed_;           ///< negative where a mask lies, with the magnitude of its logit
  std::vector<at::Tensor> masks_;  ///< bool, of the content
};

}  // namespace vcl
