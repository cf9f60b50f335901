// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vcl/geometry.hpp"

namespace vcl {

/// A frame's colours, and what they say of where masks in it end. A small network's masks are right in the main and
/// coarse along the border, where the frame itself shows the edges. The energy is GrabCut's (Rother, Kolmogorov, Blake
/// 2004): colour models of object and background, fitted to the mask and to what comes of it, and a price for
/// neighbours on different sides that falls with the difference of their colours. Histograms and a mean field take the
/// place of mixtures and graph cuts: a millisecond instead of a hundred.
///
/// Read-only once made: any number of threads may refine masks of the frame.
class ColorRefinement {
 public:
  /// `planes`: RGB, 0 to 255, [3, canvas height, canvas width], read here only, and only where the frame lies.
  ColorRefinement(const float* planes, const Letterbox& letterbox);

  /// Changes the logits of a mask, [canvas height, canvas width], where the frame lies, to what the network and the
  /// colours say together. What the network is sure is background stays so; a mask without pixels stays as it is.
  void refine(float* logits) const;

 private:
  static constexpr int kDirections = 4;  // of two neighbours one is ahead of the other in one of these

  /// Everything has a border of one pixel around the frame, so that every pixel has eight neighbours.
  std::size_t at(int x, int y) const { return std::size_t(y + 1) * pitch_ + std::size_t(x + 1); }
  std::size_t padded_size() const { return std::size_t(height_ + 2) * pitch_; }
  void measure_likeness(const std::vector<std::array<float, 3>>& pixels);
  /// For every bin how much its colour speaks for the object: the log of its share of the object over its share of the
  /// background. `field`: -1 (background) to 1. False when there is too little of either.
  bool fit(const std::vector<float>& field, const Box& box, std::vector<float>& evidence) const;
  /// What the neighbours of a row's pixels say.
  void sum_neighbours(const std::vector<float>& field, int y, const Box& box, std::vector<float>& sums) const;

  const int width_, height_, canvas_width_;
  const std::size_t pitch_;
  std::array<std::size_t, kDirections> ahead_;            ///< how far on the neighbour is
  std::vector<std::uint16_t> bins_;                       ///< of each pixel
  std::vector<float> frame_counts_;                       ///< pixels in each bin
  std::array<std::vector<float>, kDirections> likeness_;  ///< of a pixel and its neighbour ahead: 0 to 1 / distance
};

}  // namespace vcl
