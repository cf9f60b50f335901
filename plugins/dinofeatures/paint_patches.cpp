// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/dinofeatures/paint_patches.hpp"

#include "plugins/base/frame_view.hpp"
#include "plugins/draw/painter.hpp"

namespace gstvcl {

void paint_patches(const AnnotatorFrame& frame, vcl::Size grid, const std::vector<std::uint8_t>& colors) {
  MappedFrame mapped(frame.buffer, frame.info, GST_MAP_READWRITE);
  Painter painter(mapped.frame());
  const auto edge = [](int patch, int pixels, int patches) { return int(std::int64_t(patch) * pixels / patches); };
  for (int row = 0; row < grid.height; ++row) {
    const int top = edge(row, painter.height(), grid.height), bottom = edge(row + 1, painter.height(), grid.height);
    for (int column = 0; column < grid.width; ++column) {
      const std::uint8_t* rgb = &colors[3 * (std::size_t(row) * std::size_t(grid.width) + std::size_t(column))];
      const int left = edge(column, painter.width(), grid.width), right = edge(column + 1, painter.width(), grid.width);
      painter.fill(left, top, right - left, bottom - top, painter.color({rgb[0], rgb[1], rgb[2]}), 256);
    }
  }
  GST_BUFFER_FLAG_UNSET(frame.buffer, GST_BUFFER_FLAG_GAP);  // there is something to see now
}

}  // namespace gstvcl
