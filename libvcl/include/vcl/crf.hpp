// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

/// Refinement of coarse masks along the edges of their image: what MaskCut does to each cut (method.md 2.4).
///
///     const vcl::DenseCrf crf(rgb, {width, height});  // once for an image
///     const std::vector<vcl::Mask> sharp = vcl::refine_cuts(crf, cuts);
namespace [[gnu::visibility("default")]] vcl {

/// The defaults are MaskCut's.
struct CrfSettings {
  float position_deviation = 3;     ///< pixels; kernel of nearness alone
  float position_weight = 7;        ///< 0 or more, as the other weight
  float appearance_deviation = 50;  ///< pixels; kernel of nearness and alike colour
  float color_deviation = 5;        ///< of RGB values 0..255
  float appearance_weight = 10;
  int iterations = 10;  ///< mean field steps, 0..1000
};

/// Largest image. Memory, nearly all of it the lattices: 0.2 KB a pixel for photos (45 MB for 480x480, 3.4 GB at the
/// limit), masks included; noise, with its up to six vertices a pixel, takes four times as much.
inline constexpr std::int64_t kMaxCrfPixels = std::int64_t(1) << 24;

/// Fully connected CRF of two labels over one image (Kraehenbuehl, Koltun 2011; kernels normalised symmetrically),
/// its Gaussian filters built once and shared by all masks. Equal to pydensecrf within 1e-4 of a probability.
/// Immutable: one object may refine from several threads at once. Results do not depend on `threads`.
class DenseCrf {
 public:
  /// `rgb`: 3 * width * height bytes, row-major, R G B; not needed after the call. `threads`: 1..256, the caller's
  /// included. Throws Error(Invalid) for an empty image or one above kMaxCrfPixels, bytes that do not fit the size,
  /// settings out of range or deviations too small for the image; Error(Resource) when memory runs out.
  DenseCrf(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings = {}, int threads = 1);
  ~DenseCrf();
  DenseCrf(DenseCrf&&) noexcept;
  DenseCrf& operator=(DenseCrf&&) noexcept;

  Size size() const;

  /// The pixels (0 and 1) that are more likely foreground than not, given masks taken as 73 % sure: the softmax of
  /// hard masks. Four masks cost little more than one. Empty and full masks stay what they are, whatever the image.
  /// Throws Error(Invalid) when a mask is not of the image's size, Error(Resource) when memory runs out.
  std::vector<Mask> refine(std::span<const Mask> masks) const;
  Mask refine(const Mask& mask) const;

  /// The same before the decision: probability of foreground, one a pixel, for each mask.
  std::vector<std::vector<float>> probabilities(std::span<const Mask> masks) const;
  /// From soft evidence: `foreground` holds a probability for each pixel (clipped to [1e-5, 1 - 1e-5]).
  /// Throws Error(Invalid) for another count, or for values that are NaN or outside [0, 1].
  std::vector<float> probabilities(std::span<const float> foreground) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

/// The mask (0 and 1) with background that does not reach the border through sides of pixels made foreground.
/// Throws Error(Invalid) when pixels do not fit the size.
Mask fill_holes(const Mask& mask);

/// MaskCut's whole refinement: CRF, holes filled, and a mask that overlaps its cut by an IoU below 1/2 discarded,
/// that is, made empty. Errors as refine().
std::vector<Mask> refine_cuts(const DenseCrf& crf, std::span<const Mask> cuts);

}  // namespace vcl
