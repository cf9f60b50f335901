// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "training/labels/instance_labels.hpp"
#include "training/labels/regions.hpp"
#include "training/learning/predict.hpp"
#include "vcl/error.hpp"

/// Pseudo instances from a dense network: connected components of its saliency, combined with the classical soft
/// labels.
namespace vcl::train {
namespace {

constexpr const char* kMethod = "components 1";  // changes whenever the labels change
constexpr std::size_t kMostInstances = 3;
constexpr double kLeastOfPhoto = 0.01, kLeastOfLargest = 0.15, kMostOfPhoto = 0.8;
constexpr double kLargestHole = 0.02;     // share of the photo; larger holes show what is behind the object
constexpr double kLeastAgreement = 0.35;  // IoU of the network's and the classical mask

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
  return {number_instances(instances, pixels), usable ? float(agreement) : 0.0F};
}

}  // namespace

void label_by_model(const PseudoLabelOptions& options) {
  at::set_num_threads(options.threads);
  const Model model = load_model(options.model);
  if (!is_dense(model))
    throw Error(ErrorKind::Unsupported,
                options.model + " is a " + model.config["architecture"].get<std::string>() +
                    "; --source model takes a dense network of vcl-train fit. The masks of a video network become "
                    "labels with vcl-train refine");
  if (options.labels.empty())
    throw Error(ErrorKind::Invalid,
                "a dense network's saliency is combined with classical labels: give them with --labels");
  const SafetensorsFile soft(options.labels);
  std::string method = kMethod;
  method.append(", model ").append(options.model).append(", labels ").append(options.labels);
  write_instance_labels(options, {"pseudo-label", "model", method}, [&](const Photo& photo) {
    const TensorView& map = soft.at("soft/" + photo.id);
    if (map.dtype != DType::U8 || map.shape != std::vector<std::int64_t>{photo.size.height, photo.size.width})
      throw Error(ErrorKind::Unsupported, options.labels + " does not fit " + options.images + " at photo " + photo.id);
    return split_saliency(photo, predict_photo(photo, model).logits,
                          reinterpret_cast<const std::uint8_t*>(map.bytes.data()));
  });
}

}  // namespace vcl::train
