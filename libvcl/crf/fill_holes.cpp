// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <string>

#include "vcl/crf.hpp"
#include "vcl/error.hpp"

namespace vcl {

Mask fill_holes(const Mask& mask) {
  const int width = mask.width, height = mask.height;
  if (width < 0 || height < 0 || mask.pixels.size() != std::size_t(width) * std::size_t(height)) {
    throw Error(ErrorKind::Invalid, "a mask of " + std::to_string(width) + "x" + std::to_string(height) + " holds " +
                                        std::to_string(mask.pixels.size()) + " bytes");
  }
  Mask filled(width, height);
  std::ranges::fill(filled.pixels, std::uint8_t(1));
  // Background that is connected to the border stays background. A stack of pixels replaces recursion, which could go
  // too deep.
  std::vector<std::size_t> reached;
  const auto reach = [&](int x, int y) {
    const std::size_t at = std::size_t(y) * std::size_t(width) + std::size_t(x);
    if (mask.pixels[at] != 0 || filled.pixels[at] == 0) return;
    filled.pixels[at] = 0;
    reached.push_back(at);
  };
  for (int x = 0; x < width && height > 0; ++x) reach(x, 0), reach(x, height - 1);
  for (int y = 0; y < height && width > 0; ++y) reach(0, y), reach(width - 1, y);
  while (!reached.empty()) {
    const int x = int(reached.back() % std::size_t(width)), y = int(reached.back() / std::size_t(width));
    reached.pop_back();
    if (x > 0) reach(x - 1, y);
    if (x + 1 < width) reach(x + 1, y);
    if (y > 0) reach(x, y - 1);
    if (y + 1 < height) reach(x, y + 1);
  }
  return filled;
}

}  // namespace vcl
