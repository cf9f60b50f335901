// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "training/evaluate.hpp"
#include "training/instance_labels.hpp"
#include "training/regions.hpp"
#include "training/verbs.hpp"
#include "vcl/error.hpp"

/// Pseudo instances from a trained network (recipe.md, "Pseudo instances"): a dense network's saliency,
/// combined with the classical soft labels, falls into components; a video network's queries are instances already.
namespace vcl::train {
namespace {

constexpr const char* kMethod = "components or queries 1";  // changes whenever the labels change
constexpr std::size_t kMostInstances = 3;
constexpr double kLeastOfPhoto = 0.01, kLeastOfLargest = 0.15, kMostOfPhoto = 0.8;
constexpr double kLargestHole = 0.02;     // of the photo; larger ones are what is seen through the object
constexpr double kLeastAgreement = 0.35;  // IoU of network and classical mask
constexpr float kLeastScore = 0.3F, kSameObject = 0.5F;  // of a video network's queries

std::vector<std::uint8_t> number(const std::vector<Mask>& masks, std::size_t pixels) {
  std::vector<std::uint8_t> ids(pixels);
  for (std::size_t k = 0; k < masks.size(); ++k)
    for (std::size_t i = 0; i < pixels; ++i)
      if (masks[k].pixels[i] && ids[i] == 0) ids[i] = std::uint8_t(k + 1);
  return ids;
}

InstanceMap split_saliency(const Photo& photo, const at::Tensor& logits, const std::uint8_t* labels) {
  const int width = photo.size.width, height = photo.size.height;
  const std::size_t pixels = std::size_t(width) * height;
  const at::Tensor saliency = logits.sigmoid().contiguous();
  const float* network = saliency.const_data_ptr<float>();
  Mask by_network(width, height), classical(width, height), joint(width, height);
  for (std::size_t i = 0; i < pixels; ++i) {
    const float soft = float(labels[i]) / 255;
    by_network.pixels[i] = network[i] >= 0.5F;
    classical.pixels[i] = soft >= 0.5F;
    joint.pixels[i] = std::sqrt(network[i] * soft) >= 0.5F;
  }
  std::vector<Mask> instances;
  double covered = 0;
  const std::vector<Component> parts = components(open3x3(joint));
  for (const Component& part : parts) {
    if (instances.size() == kMostInstances || part.area < kLeastOfPhoto * double(pixels) ||
        part.area < kLeastOfLargest * double(parts[0].area))
      break;
    instances.push_back(fill_holes(part.mask, std::uint64_t(kLargestHole * double(pixels))));
    covered += double(part.area);
  }
  const double agreement = iou(by_network, classical);
  const bool usable = !instances.empty() && covered < kMostOfPhoto * double(pixels) && agreement > kLeastAgreement;
  return {number(instances, pixels), usable ? float(agreement) : 0.0F};
}

InstanceMap choose_queries(const Photo& photo, const PhotoPrediction& prediction) {
  const std::size_t pixels = std::size_t(photo.size.width) * photo.size.height;
  const at::Tensor order = prediction.scores.argsort(-1, true),
                   masks = prediction.logits.gt(0).to(at::kByte).contiguous();
  std::vector<Mask> instances;
  float best = 0;
  for (std::int64_t k = 0; k < order.size(0) && instances.size() < kMostInstances; ++k) {
    const std::int64_t q = order[k].item<std::int64_t>();
    const float score = prediction.scores[q].item<float>();
    if (score < kLeastScore) break;
    Mask mask(photo.size.width, photo.size.height);
    std::memcpy(mask.pixels.data(), masks[q].const_data_ptr<std::uint8_t>(), pixels);
    const auto parts = components(open3x3(mask));
    if (parts.empty() || parts[0].area < kLeastOfPhoto * double(pixels) ||
        parts[0].area > kMostOfPhoto * double(pixels))
      continue;
    const Mask whole = fill_holes(parts[0].mask, std::uint64_t(kLargestHole * double(pixels)));
    if (std::any_of(instances.begin(), instances.end(),
                    [&](const Mask& other) { return iou(other, whole) > kSameObject; }))
      continue;
    instances.push_back(whole);
    best = std::max(best, score);
  }
  return {number(instances, pixels), best};
}

}  // namespace

void label_by_model(const PseudoLabelOptions& options) {
  at::set_num_threads(options.threads);
  const Model model = load_model(options.model);
  if (!is_dense(model) && model.config["architecture"] != "video_mask2former")
    throw Error(ErrorKind::Unsupported, options.model + " is a " + model.config["architecture"].get<std::string>() +
                                            "; labels need a dense or a video network of vcl-train fit");
  if (is_dense(model) && options.labels.empty())
    throw Error(ErrorKind::Invalid,
                "a dense network's saliency is combined with classical labels: give them with --labels");
  std::optional<SafetensorsFile> soft;
  if (is_dense(model)) soft.emplace(options.labels);
  std::string method = kMethod;
  method.append(", model ").append(options.model).append(", labels ").append(options.labels);
  write_instance_labels(options, "model", method, [&](const Photo& photo) {
    const PhotoPrediction prediction = predict_photo(photo, model);
    if (!soft) return choose_queries(photo, prediction);
    const TensorView& map = soft->at("soft/" + photo.id);
    if (map.dtype != DType::U8 || map.shape != std::vector<std::int64_t>{photo.size.height, photo.size.width})
      throw Error(ErrorKind::Unsupported, options.labels + " does not fit " + options.images + " at photo " + photo.id);
    return split_saliency(photo, prediction.logits, reinterpret_cast<const std::uint8_t*>(map.bytes.data()));
  });
}

}  // namespace vcl::train
