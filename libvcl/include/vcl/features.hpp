// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vcl/frame.hpp"
#include "vcl/geometry.hpp"
#include "vcl/precision.hpp"

/// Features of images: what MaskCut cuts, and what many other tasks start from.
///
///     const auto extractor = vcl::open_features({.model = "dino_vits16.safetensors"});
///     const vcl::FeatureMap map = extractor->extract(frame);  // map.values: [channels, grid.height, grid.width]
namespace [[gnu::visibility("default")]] vcl {

/// Which of an attention layer's projections is the feature (method.md 1.3). All: keys, queries and values, in this
/// order, as three times the channels.
enum class Facet { Key, Query, Value, All };

/// A vector for each patch of an image.
struct FeatureMap {
  int channels = 0;
  Size grid;                  ///< patches
  int stride = 0;             ///< pixels of the network's input from patch to patch
  Size input;                 ///< pixels that the image was scaled to, before rounding to whole patches
  std::vector<float> values;  ///< [channels, grid.height, grid.width]
  /// FeatureOptions::attention: how much the layer's class token attends to each patch, the mean of its heads, of all
  /// tokens' sum of 1 [grid.height, grid.width]. Empty unless asked for, and of networks without attention.
  std::vector<float> attention = {};
};

/// An image as the network gets it: scaled, rounded to whole patches, normalised.
struct NetworkInput {
  Size size;
  std::vector<float> values;  ///< [3, height, width]
};

/// Largest side of FeatureOptions::input.
inline constexpr int kMaxInputSide = 8192;
/// Most patches of an image: time and memory of attention and cuts grow with their square.
inline constexpr int kMaxPatches = 16384;

/// "640x360", or "480" for a square. Throws Error(Invalid) for other texts and sides outside 1..kMaxInputSide.
Size input_size_from_text(std::string_view text);

/// Fixed for the life of an extractor.
struct FeatureOptions {
  std::string model;            ///< path of a .safetensors model; empty: the embedded default model
  std::string device = "auto";  ///< as in EngineOptions
  int threads = 0;              ///< CPU threads; 0: all usable ones
  Precision precision = Precision::Fp32;
  Facet facet = Facet::Key;
  int layer = -1;          ///< transformer block to take the facet of, from 0; -1: the last
  bool attention = false;  ///< give FeatureMap::attention too
  Size input{};  ///< scale images to this, whatever their shape; 0x0: the method's (480x480; video networks 256x256)
};

/// Turns images into features. A vision transformer gives its layer's facet (method.md 1), at sides rounded to whole
/// patches; a ResNet of `vcl-train pretrain` its stride-16 stage and a video network its stride-8 features, both
/// without their mean over the image, at sides rounded to multiples of 32.
///
/// Threads: calls of one extractor must not overlap; any number of them may live in a process.
/// Errors: Error(Invalid) for frames without pixels, Error(Library | Resource) from LibTorch; it stays usable.
class FeatureExtractor {
 public:
  virtual ~FeatureExtractor() = default;
  /// The frame is read only during the call.
  virtual FeatureMap extract(const FrameView& frame) = 0;
  /// What extract() gives to the network.
  virtual NetworkInput input(const FrameView& frame) = 0;
};

/// Opens the engine module as open_engine does. Errors: Library (module or LibTorch missing or broken),
/// NotFound/Unreadable/Unsupported (model; layers and facets of what is no vision transformer), Invalid (options).
std::unique_ptr<FeatureExtractor> open_features(const FeatureOptions& options);

/// What open_features looks up in the module: extern "C", throws vcl::Error.
using OpenFeaturesFunction = FeatureExtractor* (*)(const FeatureOptions& options);
inline constexpr const char* kOpenFeaturesSymbol = "vcl_features_open";

}  // namespace vcl
