// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/optimiser.hpp"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

/// Returns the name of the layer, with the dot.
std::string layer_of(const std::string& name) {
  return name.substr(0, name.rfind('.') + 1);
}

bool is_embedding(const std::string& name) {
  return std::ranges::any_of(std::array{"query_feat.", "query_embed.", "predictor.level_embed", "mask_position."},
                             [&](const char* part) { return name.find(part) != std::string::npos; });
}

/// Only the weights of norms are vectors.
bool is_norm(const std::string& name, const Weights& weights) {
  const at::Tensor weight = weights.find(layer_of(name) + "weight");
  return weight.defined() && weight.dim() == 1;
}

bool decays(const std::string& name, const Weights& weights, bool as_paper) {
  if (is_embedding(name)) return false;
  if (as_paper) return !is_norm(name, weights);
  return weights[name].dim() >= 2 && name.find("level_embed") == std::string::npos;
}

bool is_frozen_norm(const std::string& name, const Weights& weights) {
  const std::string layer = layer_of(name);
  return weights.find(layer + "running_mean").defined() && !weights.find(layer + "num_batches_tracked").defined();
}

}  // namespace

ParameterGroup group_of(const std::string& name, const Weights& weights, const OptimiserSettings& settings) {
  return {name.starts_with("backbone.") ? settings.backbone_factor : 1,
          decays(name, weights, settings.paper_decay) ? settings.weight_decay : 0};
}

bool is_trainable(const std::string& name, const Weights& weights) {
  for (const char* statistic : {".running_mean", ".running_var", ".num_batches_tracked"})
    if (name.ends_with(statistic)) return false;
  return !name.starts_with("criterion.") && !is_frozen_norm(name, weights);
}

AdamW::AdamW(const Weights& weights, const OptimiserSettings& settings) : settings_(settings) {
  for (const auto& [name, tensor] : weights.tensors()) {
    if (!is_trainable(name, weights)) continue;
    tensor.set_requires_grad(true);
    const ParameterGroup wanted = group_of(name, weights, settings);
    auto group = std::ranges::find(groups_, wanted, &Group::settings);
    if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{wanted, {}, {}, {}, {}});
    group->names.push_back(name);
    group->parameters.push_back(tensor);
    group->averages.push_back(at::zeros_like(tensor));
    group->squares.push_back(at::zeros_like(tensor));
  }
}

bool AdamW::step(double learning_rate) {
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (Group& group : groups_)
    for (at::Tensor& parameter : group.parameters) {
      if (!parameter.grad().defined()) parameter.mutable_grad() = at::zeros_like(parameter);
      gradients.push_back(parameter.grad());
    }
  gradient_norm_ = at::stack(at::_foreach_norm(gradients)).norm().item<double>();
  const bool finite = std::isfinite(gradient_norm_);
  if (finite) {
    at::_foreach_mul_(gradients, std::min(1.0, settings_.clip_norm / (gradient_norm_ + 1e-6)));
    ++steps_;
    auto gradient = gradients.begin();
    for (Group& group : groups_) {
      const std::size_t count = group.parameters.size();
      const std::vector<at::Tensor> own(gradient, gradient + std::ptrdiff_t(count));
      const std::vector<at::Tensor> steps(count,
                                          at::full({}, steps_, group.parameters[0].options().requires_grad(false)));
      at::_fused_adamw_(group.parameters, own, group.averages, group.squares, {}, steps,
                        learning_rate * group.settings.rate_factor, kBeta1, kBeta2, group.settings.weight_decay,
                        kEpsilon, false, false);
      gradient += std::ptrdiff_t(count);
    }
  }
  clear_gradients();
  return finite;
}

void AdamW::clear_gradients() {
  for (Group& group : groups_)
    for (at::Tensor& parameter : group.parameters) parameter.mutable_grad() = at::Tensor();
}

TensorMap AdamW::state() const {
  TensorMap state{{"optimiser/steps", at::full({}, steps_, at::kDouble)}};
  for (const Group& group : groups_)
    for (std::size_t i = 0; i < group.names.size(); ++i) {
      state["exp_avg/" + group.names[i]] = group.averages[i];
      state["exp_avg_sq/" + group.names[i]] = group.squares[i];
    }
  return state;
}

void AdamW::restore(const TensorMap& state) {
  const auto load = [&](const at::Tensor& into, const std::string& name) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != into.sizes())
      throw Error(ErrorKind::Unreadable, "checkpoint does not fit the network: " + name + "; delete it to start again");
    into.copy_(found->second);
  };
  for (Group& group : groups_)
    for (std::size_t i = 0; i < group.names.size(); ++i) {
      load(group.averages[i], "exp_avg/" + group.names[i]);
      load(group.squares[i], "exp_avg_sq/" + group.names[i]);
    }
  const at::Tensor steps = at::zeros({}, at::kDouble);
  load(steps, "optimiser/steps");
  steps_ = steps.item<double>();
}

Weights copy_of(const Weights& weights) {
  TensorMap copies;
  for (const auto& [name, tensor] : weights.tensors()) copies[name] = tensor.detach().clone();
  return Weights(std::move(copies));
}

void update_average(const Weights& average, const Weights& weights, double decay, std::int64_t step) {
  const c10::NoGradGuard no_grad;
  const double keep = std::min(decay, double(1 + step) / double(10 + step));
  std::vector<at::Tensor> to, from;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (!tensor.is_floating_point()) continue;
    to.push_back(average[name]);
    from.push_back(tensor);
  }
  at::_foreach_lerp_(to, from, 1 - keep);
}

}  // namespace vcl::train
