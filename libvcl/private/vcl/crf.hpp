// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "vcl/geometry.hpp"
#include "vcl/mask.hpp"

/// Refines coarse masks along the edges of their image. MaskCut applies this to each cut (method.md 2.4).
///
///     const vcl::DenseCrf crf(rgb, {width, height});  // once per image
///     const std::vector<vcl::Mask> sharp = vcl::refine_cuts(crf, cuts);
namespace [[gnu::visibility("default")]] vcl {

/// Settings of the CRF. The defaults are MaskCut's.
struct CrfSettings {
  float position_deviation = 3;     ///< pixels; kernel of position alone
  float position_weight = 7;        ///< 0 or more, like the other weight
  float appearance_deviation = 50;  ///< pixels; kernel of position and color
  float color_deviation = 5;        ///< in RGB values of 0 to 255
  float appearance_weight = 10;
  int iterations = 10;  ///< mean-field steps, 0 to 1000
};

/// Maximum number of pixels of an image. Nearly all memory is for the lattices. A photo takes 0.2 KB per pixel, masks
/// included: 45 MB for 480x480, 3.4 GB at the limit. Noise takes four times as much, because it has up to six vertices
/// per pixel.
inline constexpr std::int64_t kMaxCrfPixels = std::int64_t(1) << 24;

/// A fully connected CRF with two labels over one image (Kraehenbuehl and Koltun 2011; kernels are normalized
/// symmetrically). The Gaussian filters are built once and shared by all masks. Probabilities equal those of pydensecrf
/// within 1e-4.
///
/// Threads: the object is immutable, so several threads may refine with it at the same time. Results do not depend on
/// `threads`.
class DenseCrf {
 public:
  /// `rgb` has 3 * width * height bytes: row-major, R G B. It is not needed after the call. `threads` is 1 to 256 and
  /// includes the calling thread. Throws Error(Invalid) if the image is empty or larger than kMaxCrfPixels, if the
  /// bytes do not fit the size, if a setting is out of range, or if a deviation is too small for the image. Throws
  /// Error(Resource) if memory runs out.
  DenseCrf(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings = {}, int threads = 1);
  ~DenseCrf();
  DenseCrf(DenseCrf&&) noexcept;
  DenseCrf& operator=(DenseCrf&&) noexcept;

  Size size() const;

  /// Returns the pixels (0 and 1) that are more likely foreground than background. A pixel of a given mask counts as
  /// foreground with a probability of 73 %: the softmax of hard masks. Four masks take little more time than one. Empty
  /// and full masks are returned unchanged, whatever the image. Throws Error(Invalid) if a mask does not have the size
  /// of the image, and Error(Resource) if memory runs out.
  std::vector<Mask> refine(std::span<const Mask> masks) const;
  Mask refine(const Mask& mask) const;

  /// Returns the probabilities before the decision: for each mask one probability of foreground per pixel.
  std::vector<std::vector<float>> probabilities(std::span<const Mask> masks) const;
  /// The same from soft evidence: `foreground` holds one probability per pixel, which is clipped to [1e-5, 1 - 1e-5].
  /// Throws Error(Invalid) if the number of values is wrong, or if a value is NaN or outside [0, 1].
  std::vector<float> probabilities(std::span<const float> foreground) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

/// Returns the mask (0 and 1) with its holes filled. A hole is background that is not 4-connected to the border. Throws
/// Error(Invalid) if the pixels do not fit the size.
Mask fill_holes(const Mask& mask);

/// MaskCut's whole refinement: it applies the CRF, fills holes, and makes a mask empty if its IoU with its cut is below
/// 1/2. Throws the errors of refine().
std::vector<Mask> refine_cuts(const DenseCrf& crf, std::span<const Mask> cuts);

}  // namespace vcl
