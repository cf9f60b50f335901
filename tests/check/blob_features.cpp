// SPDX-License-Identifier: LGPL-2.1-or-later
// Features and cuts of the test engine. A patch of 4 pixels has three channels: the share of its pixels that are
// bright, the share that are dark, and a constant, the layer; facet "all" has them three times. Connected patches that
// are brighter than tau are the objects, the first `masks` of them; sign "opposite" makes it the dark ones.
#include <algorithm>
#include <cmath>
#include <limits>

#include "blob_model.hpp"
#include "vcl/crf.hpp"
#include "vcl/error.hpp"
#include "vcl/features.hpp"
#include "vcl/maskcut.hpp"

namespace {

constexpr int kPatch = 4;
constexpr vcl::Size kInput = {64, 48};

/// Share of bright pixels under each patch.
std::vector<float> brightness(const vcl::Mask& bright, vcl::Size grid) {
  std::vector<float> share(std::size_t(grid.width) * std::size_t(grid.height));
  for (int row = 0; row < grid.height; ++row)
    for (int column = 0; column < grid.width; ++column) {
      const int left = column * bright.width / grid.width, top = row * bright.height / grid.height;
      const int right = std::max((column + 1) * bright.width / grid.width, left + 1);
      const int bottom = std::max((row + 1) * bright.height / grid.height, top + 1);
      int count = 0;
      for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x) count += bright.at(x, y);
      share[std::size_t(row) * std::size_t(grid.width) + std::size_t(column)] =
          float(count) / float((right - left) * (bottom - top));
    }
  return share;
}

class BlobFeatures final : public vcl::FeatureExtractor {
 public:
  explicit BlobFeatures(const vcl::FeatureOptions& options) : model_(options.model), options_(options) {
    if (options.layer > 11) throw vcl::Error(vcl::ErrorKind::Invalid, "the blob model has 12 layers");
    if (options_.input == vcl::Size{}) options_.input = kInput;
    if (options_.input.width < kPatch || options_.input.height < kPatch)
      throw vcl::Error(vcl::ErrorKind::Invalid, "the input is smaller than a patch");
  }

  vcl::FeatureMap extract(const vcl::FrameView& frame) override {
    model_.count_call();
    model_.sleep();
    vcl::FeatureMap map;
    map.input = options_.input;
    map.grid = {map.input.width / kPatch, map.input.height / kPatch};
    map.stride = kPatch;
    map.channels = options_.facet == vcl::Facet::All ? 9 : 3;
    const std::vector<float> bright = brightness(bright_pixels(frame), map.grid);
    for (int c = 0; c < map.channels; ++c)
      for (const float share : bright) map.values.push_back(c % 3 == 0 ? share : c % 3 == 1 ? 1 - share : layer());
    if (options_.attention && !model_.number("conv")) {
      for (const float share : bright) map.attention.push_back(share * attention_);
      if (model_.number("fading")) attention_ /= 2;
    }
    if (model_.number("nan")) map.values[0] = std::numeric_limits<float>::quiet_NaN();
    return map;
  }

  vcl::NetworkInput input(const vcl::FrameView&) override { return {}; }

 private:
  float layer() const { return float(options_.layer) / 1024; }

  BlobModel model_;
  vcl::FeatureOptions options_;
  float attention_ = 0.5f;  // of a bright patch; with "fading" half of it in every further image
};

void check(const vcl::FeatureMap& features, const vcl::MaskCutOptions& options) {
  if (!(options.tau >= 0 && options.tau < 1) || options.masks < 1 || options.masks > vcl::kMaxCuts)
    throw vcl::Error(vcl::ErrorKind::Invalid, "bad options of blob cuts");
  if (features.grid.width * features.grid.height < 2 ||
      !std::ranges::all_of(features.values, [](float value) { return std::isfinite(value); }))
    throw vcl::Error(vcl::ErrorKind::Invalid, "blob features must be finite, of two patches or more");
}

/// The patches that may be objects.
vcl::Mask candidates(const vcl::FeatureMap& features, const vcl::MaskCutOptions& options) {
  vcl::Mask patches(features.grid.width, features.grid.height);
  for (std::size_t i = 0; i < patches.pixels.size(); ++i)
    patches.pixels[i] = (features.values[i] > options.tau) != (options.sign == vcl::CutSign::Opposite);
  return patches;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) vcl::FeatureExtractor* vcl_features_open(
    const vcl::FeatureOptions& options) {
  return new BlobFeatures(options);
}

extern "C" __attribute__((visibility("default"))) void vcl_maskcut(const vcl::FeatureMap& features,
                                                                   const vcl::MaskCutOptions& options, int,
                                                                   const std::string&,
                                                                   std::vector<vcl::CutStep>* steps) {
  check(features, options);
  vcl::Mask left = candidates(features, options);
  for (int i = 0; i < options.masks; ++i) {
    const auto first = std::ranges::find(left.pixels, 1) - left.pixels.begin();
    const bool found = std::size_t(first) < left.pixels.size();
    if (!found && options.automatic) return;
    vcl::CutStep step;
    step.eigenvalue = 0.125 * (i + 1);
    step.output = found ? take_blob(left, int(first) % left.width, int(first) / left.width).pixels
                        : vcl::PatchMask(left.pixels.size());
    steps->push_back(std::move(step));
  }
}

/// Leaves the CRF to the processor.
extern "C" __attribute__((visibility("default"))) bool vcl_refine_masks(std::span<const std::uint8_t>, vcl::Size,
                                                                        const vcl::CrfSettings&,
                                                                        std::span<const vcl::Mask>, const std::string&,
                                                                        std::vector<vcl::Mask>*) {
  return false;
}
