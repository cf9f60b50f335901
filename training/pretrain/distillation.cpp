// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/pretrain/distillation.hpp"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "libvcl/engine/dino/vit.hpp"
#include "libvcl/engine/dino/vit_init.hpp"
#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/nn/resnet.hpp"
#include "training/learning/initialise.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr double kTeacherTemperature = 0.04, kStudentTemperature = 0.1;
constexpr std::int64_t kHidden = 512, kBottleneck = 128;

Model vit(std::int64_t channels, const DistillationSizes& sizes) {
  constexpr int kPatch = 16;
  return {{{"architecture", kVitArchitecture}, {"heads", channels / 64}},
          vit_random({.channels = channels, .patch = kPatch, .positions = std::max(1, sizes.global_side / kPatch)})};
}

Model resnet_tiny() {
  Model model = initialise_network({});
  std::erase_if(model.weights.tensors(), [](const auto& entry) { return !entry.first.starts_with("backbone."); });
  return {{{"architecture", kResnetArchitecture}, {"stem_pool", model.config.value("stem_pool", false)}},
          model.weights};
}

void add_head(TensorMap& map, std::int64_t channels, std::int64_t prototypes) {
  const std::int64_t sizes[] = {channels, kHidden, kHidden, kBottleneck};
  for (int i = 0; i < 3; ++i) {
    const std::string layer = "head.mlp." + std::to_string(i) + ".";
    map[layer + "weight"] = at::randn({sizes[i + 1], sizes[i]}).mul_(std::sqrt(2.0 / double(sizes[i])));
    map[layer + "bias"] = at::zeros({sizes[i + 1]});
  }
  map["head.prototypes"] = at::randn({prototypes, kBottleneck});
}

at::Tensor teacher_distribution(const at::Tensor& scores, const at::Tensor& centre) {
  return at::softmax((scores - centre) / kTeacherTemperature, -1);
}

/// Returns the entropy of distributions [..., K], relative to the maximum: [...].
at::Tensor entropy_share(const at::Tensor& p) {
  return -(p * (p + 1e-12).log()).sum(-1) / std::log(double(p.size(-1)));
}

/// Standardizes over the batch, without parameters (the head never runs outside of training). This removes what all
/// images have in common from the start; plain DINO needs thousands of steps for that.
at::Tensor standardised(const at::Tensor& x) {
  return batch_norm_in_training(x, {}, {}, {}, {});
}

at::Tensor unit(const at::Tensor& x) {
  return x / x.norm(2, {-1}, true).clamp_min(1e-6);
}

}  // namespace

Model initialise_encoder(const DistillationSizes& sizes) {
  Model model;
  if (sizes.arch == "vit-tiny")
    model = vit(192, sizes);
  else if (sizes.arch == "vit-small")
    model = vit(384, sizes);
  else if (sizes.arch == "resnet-tiny")
    model = resnet_tiny();
  else
    throw Error(ErrorKind::Invalid,
                "there is no architecture " + sizes.arch + "; use vit-tiny, vit-small or resnet-tiny");
  model.config["name"] = sizes.arch;
  const at::NoGradGuard no_grad;
  const at::Tensor probe = at::zeros({1, 3, 32, 32});
  add_head(model.weights.tensors(), encode(probe, model, false).size(1), sizes.prototypes);
  return model;
}

Model without_head(const Model& model) {
  TensorMap kept = model.weights.tensors();
  std::erase_if(kept, [](const auto& entry) { return entry.first.starts_with("head."); });
  return {model.config, Weights(std::move(kept))};
}

at::Tensor encode(const at::Tensor& images, const Model& model, bool training) {
  if (model.config["architecture"] == kVitArchitecture)
    return vit_forward(images, model.weights, VitConfig::from_json(model.config)).select(1, 0);
  return resnet(images, model.weights / "backbone", model.config["stem_pool"], training).back().mean({2, 3});
}

at::Tensor project(const at::Tensor& vectors, const Model& model) {
  const Weights head = model.weights / "head";
  at::Tensor x = vectors;
  for (int i = 0; i < 3; ++i) {
    x = standardised(linear(x, head / "mlp" / i));
    if (i < 2) x = at::gelu(x);
  }
  return at::linear(unit(x), unit(head["prototypes"]));
}

at::Tensor distillation_loss(const at::Tensor& student, const at::Tensor& teacher, const at::Tensor& centre) {
  const std::int64_t batch = teacher.size(0) / 2, views = student.size(0) / batch;
  const auto targets = teacher_distribution(teacher, centre).detach().chunk(2);
  const auto predictions = at::log_softmax(student / kStudentTemperature, -1).chunk(views);
  at::Tensor sum = at::zeros({}, student.options());
  for (std::int64_t t = 0; t < 2; ++t)
    for (std::int64_t s = 0; s < views; ++s)
      if (s != t) sum = sum - (targets[t] * predictions[s]).sum(-1).mean();
  return sum / double(2 * (views - 1));
}

Collapse measure_collapse(const at::Tensor& teacher, const at::Tensor& centre, const at::Tensor& vectors,
                          const SumOverParts& sum) {
  const at::NoGradGuard no_grad;
  const at::Tensor p = teacher_distribution(teacher, centre).to(at::kDouble), u = unit(vectors).to(at::kDouble);
  const at::Tensor sums = at::cat({at::full({1}, double(p.size(0)), p.options()), entropy_share(p).sum(0, true),
                                   p.sum(0), u.sum(0), u.square().sum(0)});
  if (sum) sum(sums);
  const double count = sums[0].item<double>();
  const auto parts = sums.split_with_sizes({1, 1, p.size(1), u.size(1), u.size(1)});
  Collapse collapse;
  collapse.entropy = parts[1].item<double>() / count;
  collapse.usage = entropy_share(parts[2] / count).item<double>();
  const at::Tensor variance = (parts[4] - parts[3].square() / count) / (count - 1);
  collapse.feature_spread = variance.clamp_min(0).sqrt().mean().item<double>() * std::sqrt(double(u.size(1)));
  return collapse;
}

}  // namespace vcl::train
