// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vcl/coco.hpp"
#include "vcl/crf.hpp"
#include "vcl/features.hpp"
#include "vcl/frame.hpp"
#include "vcl/mask.hpp"

/// MaskCut (method.md 2): objects of one image by repeated normalised cuts of its patch features, each of what the cuts
/// before left over. No learning, no threshold but tau.
///
///     const vcl::FeatureMap features = extractor->extract(frame);
///     const std::vector<vcl::CutStep> cuts = vcl::maskcut(features);
///     const std::vector<vcl::Mask> masks = vcl::finish_cuts(cuts, features, frame);
namespace [[gnu::visibility("default")]] vcl {

using PatchMask = std::vector<std::uint8_t>;  ///< one 0 or 1 for each patch, row-major

/// Which of an eigenvector's two signs is taken: where peak and corners disagree it decides what is foreground.
enum class CutSign {
  Canonical,  ///< the side above the mean holds the largest magnitude; reproducible with every solver
  Raw,        ///< as the solver gave it
  Opposite,   ///< canonical turned round: the other answer that a solver may give
};

/// Most cuts of an image.
inline constexpr int kMaxCuts = 64;

struct MaskCutOptions {
  double tau = 0.15;  ///< cosine similarity above which two patches are alike, in [0, 1)
  int masks = 3;      ///< cuts an image, 1..kMaxCuts
  CutSign sign = CutSign::Canonical;
  /// Stop before the first cut that finds no object, after `masks` cuts at the latest: its eigenvector is arbitrary,
  /// its eigenvalue is not below the share of patches that are left (what was painted would be as good a cut), or its
  /// mask has no patch that is new.
  bool automatic = false;
};

struct Bipartition {
  PatchMask above;        ///< patches above the eigenvector's mean, before orientation
  PatchMask foreground;   ///< the side chosen as foreground
  int corners = 0;        ///< how many of the grid's four corners are above the mean
  bool reversed = false;  ///< foreground is the side that is not above the mean
  int seed = 0;           ///< the foreground's most extreme patch; the first of those within 1e-9 of it
};

enum class CutRejection {
  None,
  Size,    ///< at most 1 % of the patches
  Repeat,  ///< IoU above 1/2 with the mask accepted one cut earlier
};

/// All that one cut decided.
struct CutStep {
  PatchMask painting;  ///< objects of earlier cuts, left out of this one
  double eigenvalue = 0;
  double next_eigenvalue = 0;
  bool degenerate = false;     ///< the eigenvector is arbitrary among several: another solver may cut otherwise
  std::vector<double> vector;  ///< the eigenvector, of the chosen sign; empty where no patch was left
  Bipartition split;
  PatchMask component;      ///< the seed's connected part of the foreground
  double previous_iou = 0;  ///< of the component and the mask accepted one cut earlier; NaN: both empty
  CutRejection rejection = CutRejection::None;  ///< never of the first cut
  PatchMask accepted;                           ///< the component, or empty when rejected
  PatchMask output;  ///< accepted without the outputs before: outputs are disjoint, maybe empty
};

/// The cuts of an image's features on `threads` CPU threads (0: all usable ones) or a `device` (as in FeatureOptions)
/// of the engine module: `masks` steps, or fewer where `automatic` stopped. Same input, same result. Any threads may
/// call, on one LibTorch thread pool. Errors: as open_features; Invalid for options out of range, a grid of fewer than
/// two patches, a wrong number of values or values that are not finite.
std::vector<CutStep> maskcut(const FeatureMap& features, const MaskCutOptions& options = {}, int threads = 0,
                             const std::string& device = "auto");

/// The step outputs of a grid, each patch spread over its pixels as torch's "nearest" does. One mask a step, maybe
/// empty; they are disjoint. Throws Error(Invalid) when steps and grid do not fit each other or a size is empty.
std::vector<Mask> cut_masks(const std::vector<CutStep>& steps, Size grid, Size size);

struct FinishOptions {
  bool crf = true;  ///< sharpen the masks along the image's edges, fill their holes, discard what that changed too much
  int threads = 1;  ///< of the CRF, 1..256
  /// Of the CRF: cpu needs no engine module; cuda, cuda:N and auto as in FeatureOptions. An engine module built without
  /// -Dcuda=enabled leaves the CRF to the processor, with the same masks.
  std::string device = "cpu";
};

/// The objects' masks (0 and 1) in pixels of the frame that the features are of, made from the cuts as the method does
/// (method.md 2.4): dense CRF at features.input, holes filled, a mask dropped when its IoU with the cut is below 1/2,
/// resized. One mask a step, maybe empty; with the CRF they may overlap. Errors: Invalid as cut_masks(), frame_to_rgb()
/// and DenseCrf; where a device is named, as open_features.
std::vector<Mask> finish_cuts(const std::vector<CutStep>& steps, const FeatureMap& features, const FrameView& frame,
                              const FinishOptions& options = {});

/// A mask at another size, as the method does it: Pillow's antialiased bicubic of its levels, cut at half of the
/// largest.
Mask resize_mask(const Mask& mask, Size to);

/// What an annotation file says of masks that were made so: the settings by the names of the command line's options,
/// and the hash of the file `from` that the features come from, a model or features themselves. `input` and `precision`
/// as in FeatureOptions. Throws Error(NotFound | Unreadable) for that file.
CocoInfo maskcut_info(const MaskCutOptions& cuts, bool crf, Size input, Precision precision, const std::string& from);

/// What maskcut() looks up in the module: extern "C", throws vcl::Error.
using MaskCutFunction = void (*)(const FeatureMap& features, const MaskCutOptions& options, int threads,
                                 const std::string& device, std::vector<CutStep>* steps);
inline constexpr const char* kMaskCutSymbol = "vcl_maskcut";

/// What finish_cuts() looks up there for a device: extern "C", throws vcl::Error. DenseCrf::refine on a CUDA device;
/// false, and nothing done, where the device is the processor or the module has no CUDA kernels.
using RefineMasksFunction = bool (*)(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings,
                                     std::span<const Mask> masks, const std::string& device,
                                     std::vector<Mask>* refined);
inline constexpr const char* kRefineMasksSymbol = "vcl_refine_masks";

}  // namespace vcl
