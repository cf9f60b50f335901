// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vcl/geometry.hpp"

/// The boundary measure F of DAVIS (method.md 7.2): how far two masks' outlines agree.
namespace vcl {

/// The outline of one mask and all pixels that are near it.
struct Boundary {
  std::vector<std::uint32_t> pixels;  ///< indices, row-major
  std::vector<std::uint8_t> near;     ///< for each pixel: 1 within the tolerance; empty where there is no outline
};

/// Pixels that outlines may be apart: 0.8 % of the diagonal, rounded up.
int boundary_tolerance(Size size);

/// Of the masks of the labels 1..count in a row-major image: a pixel is on an outline where it and its right, lower or
/// lower right neighbour are not on the same side; near it is the disc of radius `tolerance`.
std::vector<Boundary> boundaries_of(std::span<const std::uint8_t> labels, Size size, int count, int tolerance);

/// Harmonic mean of the shares of either outline that are near the other; 1 where there is no outline in both.
double boundary_f(const Boundary& a, const Boundary& b);

}  // namespace vcl
