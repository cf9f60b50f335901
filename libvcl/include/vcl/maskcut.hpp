// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vcl/features.hpp"
#include "vcl/frame.hpp"
#include "vcl/mask.hpp"

/// MaskCut (method.md 2): finds the objects of one image by repeated normalized cuts of its patch features. Each cut
/// works on what the cuts before left over. There is no learning, and no threshold except tau.
///
///     const vcl::FeatureMap features = extractor->extract(frame);
///     const std::vector<vcl::CutStep> cuts = vcl::maskcut(features);
///     const std::vector<vcl::Mask> masks = vcl::finish_cuts(cuts, features.grid, features.input, frame);
namespace [[gnu::visibility("default")]] vcl {

using PatchMask = std::vector<std::uint8_t>;  ///< one 0 or 1 per patch, row-major

/// Which of an eigenvector's two signs is used. It decides which side is foreground if peak and corners disagree.
enum class CutSign {
  Canonical,  ///< the side above the mean holds the largest magnitude; independent of the solver
  Raw,        ///< the sign that the solver returned
  Opposite,   ///< the inverse of canonical: the other result that a solver may return
};

/// Maximum number of cuts per image.
inline constexpr int kMaxCuts = 64;

/// Options of the cuts.
struct MaskCutOptions {
  double tau = 0.15;  ///< cosine similarity above which two patches are linked, in [0, 1)
  int masks = 3;      ///< cuts per image, 1..kMaxCuts
  CutSign sign = CutSign::Canonical;
  /// Stop before the first cut that finds no object, and after `masks` cuts at the latest. A cut finds no object if its
  /// eigenvector is arbitrary, if its eigenvalue is not below the share of patches that are left (cutting off the
  /// painted patches would be as good), or if its mask has no new patch.
  bool automatic = false;
};

/// The two sides of one cut.
struct Bipartition {
  PatchMask above;        ///< patches above the eigenvector's mean, before orientation
  PatchMask foreground;   ///< the side chosen as foreground
  int corners = 0;        ///< number of the grid's four corners that are above the mean
  bool reversed = false;  ///< the foreground is the side that is not above the mean
  int seed = 0;  ///< the foreground's most extreme patch (row-major index); the first of those within 1e-9 of it
};

/// Why the component of a cut was rejected.
enum class CutRejection {
  None,
  Size,    ///< it has at most 1 % of the patches
  Repeat,  ///< its IoU with the mask accepted one cut earlier is above 1/2
};

/// All decisions of one cut.
struct CutStep {
  PatchMask painting;  ///< objects of earlier cuts, which this cut leaves out
  double eigenvalue = 0;
  double next_eigenvalue = 0;
  bool degenerate = false;     ///< the eigenvector is arbitrary among several: another solver may cut differently
  std::vector<double> vector;  ///< the eigenvector with the chosen sign; empty if no patch was left
  Bipartition split;
  PatchMask component;      ///< the seed's connected part of the foreground
  double previous_iou = 0;  ///< IoU of the component and the mask accepted one cut earlier; NaN if both are empty
  CutRejection rejection = CutRejection::None;  ///< always None for the first cut
  PatchMask accepted;                           ///< the component, or empty if it was rejected
  PatchMask output;  ///< accepted minus the outputs of earlier cuts: outputs are disjoint and may be empty
};

/// Cuts the features of an image and returns `masks` steps, or fewer if `automatic` stopped. It runs on `threads` CPU
/// threads (0: all usable ones), or on a `device` (as in FeatureOptions) of the engine module. The same input gives the
/// same result. Any thread may call; all calls share LibTorch's thread pool. Throws the errors of open_features(), and
/// Error(Invalid) if an option is out of range, if the grid has fewer than two patches, or if the number of values is
/// wrong or a value is not finite.
std::vector<CutStep> maskcut(const FeatureMap& features, const MaskCutOptions& options = {}, int threads = 0,
                             const std::string& device = "auto");

/// Returns the outputs of the steps as pixels. Each patch is spread over its pixels like torch's "nearest". There is
/// one mask per step. The masks are disjoint and may be empty. Throws Error(Invalid) if steps and grid do not fit each
/// other, or if a size is empty.
std::vector<Mask> cut_masks(const std::vector<CutStep>& steps, Size grid, Size size);

/// Options of finish_cuts().
struct FinishOptions {
  bool crf = true;  ///< sharpen masks along the image's edges, fill their holes, drop masks that this changes too much
  int threads = 1;  ///< CPU threads of the CRF, 1 to 256
  /// Device of the CRF. cpu needs no engine module. cuda, cuda:N and auto are as in FeatureOptions. If the engine
  /// module was built without -Dcuda=enabled, the CRF runs on the CPU, with the same masks.
  std::string device = "cpu";
};

/// Turns cuts into masks (0 and 1) in pixels of the frame that the features were made from (method.md 2.4). `grid` and
/// `input` are those of the FeatureMap. It applies the dense CRF at the size of `input`, fills holes, drops a mask if
/// its IoU with the cut is below 1/2, and resizes. There is one mask per step, and it may be empty. With the CRF masks
/// may overlap. Throws Error(Invalid) as cut_masks(), frame_to_rgb() and DenseCrf do, and the errors of open_features()
/// if a device is named.
std::vector<Mask> finish_cuts(const std::vector<CutStep>& steps, Size grid, Size input, const FrameView& frame,
                              const FinishOptions& options = {});

/// Returns the mask at another size, as the method does it: its values are resized with Pillow's antialiased bicubic
/// filter, and a pixel is foreground above half of the largest value.
Mask resize_mask(const Mask& mask, Size to);

}  // namespace vcl
