// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/lightness.hpp"

#include <algorithm>

namespace vcl {

Plane lightness(const at::Tensor& canvas, Size content) {
  const at::Tensor rgb = canvas[0].slice(1, 0, content.height).slice(2, 0, content.width);
  const at::Tensor light = (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]).contiguous();
  Plane plane(content.width, content.height);
  std::copy_n(light.const_data_ptr<float>(), plane.values.size(), plane.values.begin());
  return plane;
}

}  // namespace vcl
