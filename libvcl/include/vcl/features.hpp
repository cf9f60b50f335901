// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vcl/frame.hpp"
#include "vcl/geometry.hpp"
#include "vcl/precision.hpp"

/// Features of images. MaskCut cuts them, and many other tasks start from them.
///
///     const auto extractor = vcl::open_features({.model = "dino_vits16.safetensors"});
///     const vcl::FeatureMap map = extractor->extract(frame);  // map.values: [channels, grid.height, grid.width]
namespace [[gnu::visibility("default")]] vcl {

/// Which part of a transformer's layer is the feature (method.md 1.3): a projection of its attention, or Token, its
/// output after the final norm. All: keys, queries and values, in this order, with three times the channels.
enum class Facet { Key, Query, Value, All, Token };

/// One feature vector per patch of an image.
struct FeatureMap {
  int channels = 0;
  Size grid;                  ///< columns and rows of patches
  int stride = 0;             ///< pixels of the network's input from patch to patch
  Size input;                 ///< pixels that the image was scaled to, before its sides were rounded to whole patches
  std::vector<float> values;  ///< float32 [channels, grid.height, grid.width]
  /// How much the layer's class token attends to each patch: float32 [grid.height, grid.width], the mean over the
  /// heads. The sum over all tokens, the class token included, is 1. Empty unless FeatureOptions::attention is set, and
  /// empty for networks without attention.
  std::vector<float> attention = {};
};

/// An image as the network sees it: scaled, with sides rounded to whole patches, normalized.
struct NetworkInput {
  Size size;
  std::vector<float> values;  ///< float32 [3, height, width]
};

/// Maximum length of a side of FeatureOptions::input.
inline constexpr int kMaxInputSide = 8192;
/// Maximum number of patches of an image. Time and memory of attention and cuts grow with its square.
inline constexpr int kMaxPatches = 16384;

/// Parses "640x360", or "480" for a square. Throws Error(Invalid) if the text has another form or a side is outside
/// 1..kMaxInputSide.
Size input_size_from_text(std::string_view text);

/// Options that are fixed for the life of an extractor.
struct FeatureOptions {
  std::string model;            ///< path of a .safetensors model; empty: the embedded default model
  std::string device = "auto";  ///< as in EngineOptions
  int threads = 0;              ///< CPU threads; 0: all usable ones
  Precision precision = Precision::Fp32;
  Facet facet = Facet::Key;
  int layer = -1;          ///< transformer block whose facet is taken, from 0; -1: the last
  bool attention = false;  ///< also compute FeatureMap::attention
  /// Images are scaled to this size, whatever their shape. 0x0: the method's size (480x480; video networks 256x256).
  Size input{};
};

/// Turns images into features. For a vision transformer the features are the facet of its layer (method.md 1), and
/// sides are rounded to whole patches. For a ResNet of `vcl-train pretrain` they are its stride-16 stage, and for a
/// video network its stride-8 features. From both the mean over the image is subtracted, and sides are rounded to
/// multiples of 32.
///
/// Threads: calls of one extractor must not overlap. A process may have any number of extractors.
///
/// Errors: Error(Invalid) if a frame has no pixels, Error(Library | Resource) from LibTorch. The extractor stays
/// usable.
class FeatureExtractor {
 public:
  virtual ~FeatureExtractor() = default;
  /// Returns the features of the frame, which is read only during the call.
  virtual FeatureMap extract(const FrameView& frame) = 0;
  /// Returns the input that extract() gives to the network.
  virtual NetworkInput input(const FrameView& frame) = 0;
};

/// Opens an extractor. The first call loads the engine module, as open_engine() does. Throws Error(Library) if the
/// module or LibTorch is missing or broken, Error(NotFound | Unreadable | Unsupported) for the model (Unsupported also
/// if a layer or facet is set and the model is not a vision transformer), and Error(Invalid) for the options.
std::unique_ptr<FeatureExtractor> open_features(const FeatureOptions& options);

}  // namespace vcl
