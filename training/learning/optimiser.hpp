// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "libvcl/engine/weights.hpp"

namespace vcl::train {

struct OptimiserSettings {
  double weight_decay = 0.05;  ///< of matrices and kernels; norms, biases and embeddings have none
  double backbone_factor = 1;  ///< of the learning rate
  double clip_norm = 1;        ///< of all gradients together
  /// As the authors' optimiser: biases of other layers than norms decay too, and so does the pixel decoder's
  /// level_embed.
  bool paper_decay = false;
};

/// How a tensor is trained.
struct ParameterGroup {
  double rate_factor = 1, weight_decay = 0;
  bool operator==(const ParameterGroup&) const = default;
};
ParameterGroup group_of(const std::string& name, const Weights& weights, const OptimiserSettings& settings);

/// AdamW (betas 0.9 and 0.999, eps 1e-8) over the trainable tensors of a network, which it marks as such.
class AdamW {
 public:
  AdamW(const Weights& weights, const OptimiserSettings& settings);

  /// One update from the gradients, which are cleared. False, and nothing but that, when one is not finite.
  bool step(double learning_rate);
  double gradient_norm() const { return gradient_norm_; }
  void clear_gradients();

  /// Moments as "exp_avg/<name>", "exp_avg_sq/<name>" and "optimiser/steps".
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

/// Statistics of batch norms are no parameters: they follow the batches. Nor are frozen batch norms, which count no
/// batches, and weights of the losses.
bool is_trainable(const std::string& name, const Weights& weights);

/// The same values in tensors of their own.
Weights copy_of(const Weights& weights);

/// Exponential moving average of all floating tensors; rises faster over the first steps.
void update_average(const Weights& average, const Weights& weights, double decay, std::int64_t step);

}  // namespace vcl::train
