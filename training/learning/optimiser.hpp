// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "libvcl/engine/weights.hpp"

namespace vcl::train {

struct OptimiserSettings {
  double weight_decay = 0.05;  ///< of matrices and kernels; norms, biases and embeddings have none
  double backbone_factor = 1;  ///< factor on the backbone's learning rate
  double clip_norm = 1;        ///< maximum norm of all gradients together
  /// Decays like the authors' optimizer: also biases of layers that are not norms, and the pixel decoder's level_embed.
  bool paper_decay = false;
};

/// The settings with which a tensor is trained.
struct ParameterGroup {
  double rate_factor = 1, weight_decay = 0;
  bool operator==(const ParameterGroup&) const = default;
};
ParameterGroup group_of(const std::string& name, const Weights& weights, const OptimiserSettings& settings);

/// AdamW (betas 0.9 and 0.999, eps 1e-8) over the trainable tensors of a network. It sets their requires_grad.
class AdamW {
 public:
  AdamW(const Weights& weights, const OptimiserSettings& settings);

  /// Makes one update from the gradients and clears them. If one is not finite it only clears them and returns false.
  bool step(double learning_rate);
  double gradient_norm() const { return gradient_norm_; }
  void clear_gradients();

  /// Returns the moments as "exp_avg/<name>" and "exp_avg_sq/<name>", and "optimiser/steps".
  TensorMap state() const;
  void restore(const TensorMap& state);

 private:
  struct Group {
    ParameterGroup settings;
    std::vector<std::string> names;
    std::vector<at::Tensor> parameters, averages, squares;
  };
  OptimiserSettings settings_;
  std::vector<Group> groups_;
  double steps_ = 0;
  double gradient_norm_ = 0;
};

/// Returns false for the statistics of batch norms, which follow the batches; for frozen batch norms, which do not
/// count batches; and for the weights of losses. Returns true for all other tensors.
bool is_trainable(const std::string& name, const Weights& weights);

/// Returns copies of all tensors.
Weights copy_of(const Weights& weights);

/// Updates an exponential moving average of all floating-point tensors. It follows faster during the first steps.
void update_average(const Weights& average, const Weights& weights, double decay, std::int64_t step);

}  // namespace vcl::train
