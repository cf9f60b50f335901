// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vcl/geometry.hpp"

/// The boundary measure F of DAVIS (method.md 7.2): how well the outlines of two masks agree.
namespace vcl {

/// The outline of a mask and all pixels near it.
struct Boundary {
  std::vector<std::uint32_t> pixels;  ///< indices, row-major
  std::vector<std::uint8_t> near;     ///< per pixel: 1 if within the tolerance; empty if there is no outline
};

/// Returns the tolerance of outlines in pixels: 0.8 % of the diagonal, rounded up.
int boundary_tolerance(Size size);

/// Returns the boundaries of the masks of labels 1..count in a row-major image. A pixel is on the outline of a mask if
/// the mask contains some but not all of the pixel and its right, lower and lower right neighbors. The discs of radius
/// `tolerance` around the outline are near it.
std::vector<Boundary> boundaries_of(std::span<const std::uint8_t> labels, Size size, int count, int tolerance);

/// Returns the harmonic mean of the shares of each outline that are near the other. Returns 1 if both have no outline.
double boundary_f(const Boundary& a, const Boundary& b);

}  // namespace vcl
