// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/pretrain/probe.hpp"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "libvcl/engine/maskcut/maskcut.hpp"
#include "libvcl/engine/maskcut/photo_features.hpp"
#include "training/pretrain/label_transfer.hpp"
#include "vcl/error.hpp"
#include "vcl/feature_colors.hpp"

namespace vcl::train {
namespace {

constexpr MaskCutOptions kCut{.tau = 0.15, .masks = 1};
constexpr std::size_t kMostPhotos = 64, kMostPictures = 12;

LabelKind kind_of(const std::string& labels) {
  const SafetensorsFile file(labels);
  const auto first = file.tensors().lower_bound("soft/");
  return first != file.tensors().end() && first->first.starts_with("soft/") ? LabelKind::Soft : LabelKind::Instances;
}

std::vector<std::uint8_t> mask_of(const Photo& photo, LabelKind kind) {
  const int least = kind == LabelKind::Soft ? 128 : 1;
  std::vector<std::uint8_t> mask(photo.labels, photo.labels + std::size_t(photo.size.width) * photo.size.height);
  for (std::uint8_t& value : mask) value = value >= least;
  return mask;
}

/// Returns the IoU of `cut` or its complement with `mask`.
double overlap(const std::vector<std::uint8_t>& cut, const std::vector<std::uint8_t>& mask, bool complement) {
  std::size_t both = 0, either = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const bool inside = (cut[i] != 0) != complement;
    both += inside && mask[i] != 0 ? 1 : 0;
    either += inside || mask[i] != 0 ? 1 : 0;
  }
  return either > 0 ? double(both) / double(either) : 0;
}

Patches patches_of(const at::Tensor& features, const Photo& photo, const std::vector<std::uint8_t>& mask) {
  const at::Tensor vectors = features.flatten(1).t();
  const at::Tensor pixels =
      at::from_blob(const_cast<std::uint8_t*>(mask.data()), {1, 1, photo.size.height, photo.size.width}, at::kByte)
          .to(at::kFloat);
  return {vectors / vectors.norm(2, {1}, true).clamp_min(1e-6),
          at::adaptive_avg_pool2d(pixels, {features.size(1), features.size(2)}).flatten().ge(0.5).to(at::kFloat)};
}

/// Paints the three strongest components of the features, each patch over its pixels.
std::vector<std::uint8_t> paint(const at::Tensor& features, Size size) {
  const at::Tensor values = features.contiguous();
  FeatureMap map;
  map.channels = int(values.size(0));
  map.grid = {int(values.size(2)), int(values.size(1))};
  map.values.assign(values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.numel());
  const std::vector<std::uint8_t> colours = FeatureColors().paint(map);
  std::vector<std::uint8_t> rgb;
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const int patch = y * map.grid.height / size.height * map.grid.width + x * map.grid.width / size.width;
      rgb.insert(rgb.end(), colours.begin() + 3 * patch, colours.begin() + 3 * patch + 3);
    }
  return rgb;
}

void add_pictures(std::vector<Picture>& pictures, const Photo& photo, const std::vector<std::uint8_t>& mask,
                  const std::vector<std::uint8_t>& cut, const at::Tensor& features) {
  const std::vector<std::uint8_t> rgb(photo.rgb, photo.rgb + 3 * mask.size());
  char caption[32];
  std::snprintf(caption, sizeof caption, "cut, IoU %.2f", overlap(cut, mask, false));
  pictures.push_back({photo.size, rgb, mask, "pseudo mask"});
  pictures.push_back({photo.size, rgb, cut, caption});
  pictures.push_back({photo.size, paint(features, photo.size), {}, "features (PCA)"});
}

}  // namespace

double FeatureQuality::rank() const {
  return std::isfinite(patch_knn) ? patch_knn : cut_iou;
}

nlohmann::json FeatureQuality::to_json() const {
  nlohmann::json values = {{"cut_iou", cut_iou}, {"cut_iou_either", cut_iou_either}};
  if (std::isfinite(patch_knn)) values["patch_knn"] = patch_knn;
  return values;
}

FeatureProbe::FeatureProbe(const std::string& images, const std::string& labels)
    : photos_({images}, {labels}, kind_of(labels)) {
  const LabelKind kind = kind_of(labels);
  std::vector<std::size_t> usable;
  std::vector<std::vector<std::uint8_t>> masks;
  for (const std::size_t i : photos_.held_out) {
    std::vector<std::uint8_t> mask = mask_of(photos_.photos[i], kind);
    const auto object = std::ranges::count(mask, std::uint8_t{1});
    if (object == 0 || object == std::ptrdiff_t(mask.size())) continue;
    usable.push_back(i);
    masks.push_back(std::move(mask));
  }
  if (usable.empty())
    throw Error(ErrorKind::Unsupported, labels + ": none of the " + std::to_string(photos_.held_out.size()) +
                                            " held-out photos that it labels has object and background; give labels of "
                                            "more photos, or none");
  for (const std::size_t i : spread(usable.size(), kMostPhotos)) {
    shown_.push_back(usable[i]);
    masks_.push_back(std::move(masks[i]));
  }
}

FeatureQuality FeatureProbe::measure(const Model& encoder, std::vector<Picture>* pictures) const {
  const at::NoGradGuard no_grad;
  FeatureNetwork network{encoder, {}, encoder.weights.tensors().begin()->second.device(), Precision::Fp32};
  FeatureQuality quality{int(shown_.size()), 0, 0, 0};
  std::vector<Patches> patches;
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    const Photo& photo = photos_.photos[shown_[i]];
    const at::Tensor features = photo_features(photo.rgb, photo.size, network).to(at::kCPU, at::kFloat);
    const Size grid{int(features.size(2)), int(features.size(1))};
    const std::vector<std::uint8_t> cut = cut_masks(maskcut(features, kCut), grid, photo.size).front().pixels;
    const double found = overlap(cut, masks_[i], false);
    quality.cut_iou += found / quality.photos;
    quality.cut_iou_either += std::max(found, overlap(cut, masks_[i], true)) / quality.photos;
    patches.push_back(patches_of(features, photo, masks_[i]));
    if (pictures && i < kMostPictures) add_pictures(*pictures, photo, masks_[i], cut, features);
  }
  quality.patch_knn = label_transfer(patches);
  return quality;
}

}  // namespace vcl::train
