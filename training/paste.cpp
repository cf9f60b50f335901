// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <array>
#include <cmath>

#include "training/imagecut2video.hpp"

namespace vcl::train {

std::vector<std::size_t> paste(const Photo& photo, std::uint8_t cutout, const Affine& map, const float gain[3],
                               std::uint8_t id, Clip& clip, int frame) {
  const int width = clip.content.width, height = clip.content.height, samples = samples_for(map);
  // Coverage of every pixel by the cutout, with a margin of one pixel for the feathering.
  std::vector<float> cover(std::size_t(width + 2) * (height + 2));
  const auto at = [&](int x, int y) -> float& { return cover[std::size_t(y + 1) * (width + 2) + x + 1]; };
  int x0 = width, y0 = height, x1 = -1, y1 = -1;
  for (int y = -1; y <= height; ++y)
    for (int x = -1; x <= width; ++x) {
      int inside = 0;
      for (int j = 0; j < samples; ++j)
        for (int i = 0; i < samples; ++i) {
          const double cx = x + (i + 0.5) / samples, cy = y + (j + 0.5) / samples;
          const int px = int(std::floor(map.x(cx, cy))), py = int(std::floor(map.y(cx, cy)));
          inside += px >= 0 && py >= 0 && px < photo.size.width && py < photo.size.height &&
                    photo.labels[std::size_t(py) * photo.size.width + px] == cutout;
        }
      if (inside == 0) continue;
      at(x, y) = float(inside) / float(samples * samples);
      x0 = std::min(x0, x), x1 = std::max(x1, x), y0 = std::min(y0, y), y1 = std::max(y1, y);
    }
  std::vector<std::size_t> labelled;
  for (int y = std::max(0, y0 - 1); y <= std::min(height - 1, y1 + 1); ++y)
    for (int x = std::max(0, x0 - 1); x <= std::min(width - 1, x1 + 1); ++x) {
      float alpha = 0;
      for (int j = -1; j <= 1; ++j)
        for (int i = -1; i <= 1; ++i) alpha += at(x + i, y + j);
      alpha /= 9;
      if (alpha <= 0) continue;
      std::array<float, 3> rgb;
      sample_area<3>(photo.rgb, photo.size, map, x, y, samples, rgb.data());
      const std::size_t i = std::size_t(y) * clip.canvas.width + x;
      for (int c = 0; c < 3; ++c) {
        std::uint8_t& pixel = clip.image(frame)[c * clip.pixels() + i];
        pixel = std::uint8_t(std::clamp(pixel + alpha * (gain[c] * rgb[c] - pixel) + 0.5F, 0.0F, 255.0F));
      }
      if (at(x, y) < 0.5F) continue;
      clip.label(frame)[i] = id;
      labelled.push_back(i);
    }
  return labelled;
}

}  // namespace vcl::train
