// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cmath>
#include <list>
#include <vector>

#include "training/clips/clip_options.hpp"
#include "training/photos/labelled_photos.hpp"

namespace vcl::train {

inline constexpr ClipOptions kPastesOnly{.without_paste = 0, .without_object = 0, .padded = 0};

/// Photos in memory: black, with instances in one of seven colours that a pixel can be told by: its channels are 200 or
/// 0.
class ColouredPhotos {
 public:
  static constexpr int kColours = 7;

  /// Adds a photo; `labels` are its instances, in the colour `code` from 1 to 7, bit c for channel c.
  void add(Size size, std::vector<std::uint8_t> labels, int code) {
    Bytes& bytes = bytes_.emplace_back();
    for (const std::uint8_t id : labels)
      for (int c = 0; c < 3; ++c) bytes.rgb.push_back(id != 0 && (code >> c & 1) ? 200 : 0);
    bytes.labels = std::move(labels);
    photos.push_back({std::to_string(photos.size()), size, bytes.rgb.data(), bytes.labels.data(), 1});
    codes.push_back(code);
    among.push_back(photos.size() - 1);
  }
  /// One ellipse somewhere inside.
  void add_ellipse(Size size, std::uint8_t id, int code, Random& random) {
    const double x0 = random.uniform(0.4, 0.6) * size.width, y0 = random.uniform(0.4, 0.6) * size.height;
    const double rx = random.uniform(0.15, 0.3) * size.width, ry = random.uniform(0.15, 0.3) * size.height;
    std::vector<std::uint8_t> labels;
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        labels.push_back(std::hypot((x - x0) / rx, (y - y0) / ry) < 1 ? id : std::uint8_t(0));
    add(size, std::move(labels), code);
  }

  std::vector<Photo> photos;
  std::vector<int> codes;
  std::vector<std::size_t> among;  ///< all of them

 private:
  struct Bytes {
    std::vector<std::uint8_t> rgb, labels;
  };
  std::list<Bytes> bytes_;
};

}  // namespace vcl::train
