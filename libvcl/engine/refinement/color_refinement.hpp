// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"

namespace vcl {

/// The colors of a frame, used to move the outlines of masks to its edges. The masks of a small network are mostly
/// right but coarse along their outlines, where the frame itself shows the edges. The energy is that of GrabCut
/// (Rother, Kolmogorov, Blake 2004): color models of object and background, fitted to the mask and refitted to the
/// result, and a cost for neighbors on different sides that falls with their color difference. Histograms and a mean
/// field replace mixtures and graph cuts, which takes one millisecond instead of a hundred.
///
/// Immutable after construction: any number of threads may refine masks of the frame.
class ColorRefinement {
 public:
  /// `planes`: RGB, 0 to 255, [3, canvas height, canvas width]. Only the part that the frame covers is read, and only
  /// here.
  ColorRefinement(const float* planes, const Letterbox& letterbox);

  /// Refines the logits of a mask, [canvas height, canvas width], inside the frame, from the logits of the network and
  /// the colors. Pixels that the network is sure are background stay background. A mask without pixels does not change.
  void refine(float* logits) const;

 private:
  static constexpr int kDirections = 4;  // each pair of neighbors is visited from one side, in one of these directions

  /// Arrays have a border of one pixel around the frame, so every pixel has eight neighbors.
  std::size_t at(int x, int y) const { return std::size_t(y + 1) * pitch_ + std::size_t(x + 1); }
  std::size_t padded_size() const { return std::size_t(height_ + 2) * pitch_; }
  void measure_likeness(const std::vector<std::array<float, 3>>& pixels);
  /// Fills the evidence of each color bin for the object: the log of its share of the object over its share of the
  /// background. `field`: -1 (background) to 1. Returns false if object or background is too small.
  bool fit(const std::vector<float>& field, const Box& box, std::vector<float>& evidence) const;
  /// Sums the field of the neighbors of each pixel in a row, weighted by likeness.
  void sum_neighbours(const std::vector<float>& field, int y, const Box& box, std::vector<float>& sums) const;

  const int width_, height_, canvas_width_;
  const std::size_t pitch_;
  std::array<std::size_t, kDirections> ahead_;            ///< index offset of the neighbor in each direction
  std::vector<std::uint16_t> bins_;                       ///< color bin of each pixel
  std::vector<float> frame_counts_;                       ///< pixels per bin
  std::array<std::vector<float>, kDirections> likeness_;  ///< of a pixel and its neighbor ahead: 0 to 1 / distance
};

}  // namespace vcl
