// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "vcl/geometry.hpp"

namespace vcl {

/// Who owns the pixels of a frame where masks may not overlap. Logits are float32 [canvas height, canvas width].
class Claims {
 public:
  explicit Claims(Size content) : content_(content) {}

  /// What a mask has left where better ones have claimed theirs, without crumbs: parts below a tenth of its largest
  /// one. Undefined when it is the same thing once more: most of it is claimed, or it holds a better one that makes up
  /// a quarter of it.
  at::Tensor left_of(const at::Tensor& logits) const;
  void claim(const at::Tensor& logits);

 private:
  at::Tensor inside(const at::Tensor& logits) const;

  Size content_;                   ///< of the canvas: the rest is padding
  at::Tensor unclaimed_;           ///< less than 0 where a mask lies, and as much as it is sure
  std::vector<at::Tensor> masks_;  ///< bool, of the content
};

}  // namespace vcl
