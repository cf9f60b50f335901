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

/// Of the foreground (above 0) of a row-major mask: a pixel is on the outline where it differs from its right, lower or
/// lower right neighbour; near it is the disc of radius `tolerance`.
Boundary boundary_of(std::span<const std::uint8_t> mask, Size size, int tolerance);

/// Harmonic mean of the shares of either outline that are near the other; 1 where there is no outline in both.
double boundary_f(const Boundary& a, const Boundary& b);

}  // namespace vcl
