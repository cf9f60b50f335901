// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace vcl {

/// Sums a float64 tensor in place over all processes that hold a part of the batch.
using SumOverParts = std::function<void(const at::Tensor&)>;

/// During its lifetime, training batch norms of this thread use the statistics of the whole batch, of which this
/// process holds a part. So do their gradients, which may be computed later in any thread. Without a sum this process
/// holds the whole batch.
class BatchInParts {
 public:
  explicit BatchInParts(SumOverParts sum);
  ~BatchInParts();
  BatchInParts(const BatchInParts&) = delete;
  BatchInParts& operator=(const BatchInParts&) = delete;
};

/// Normalizes x [N, C, ...] to mean 0 and variance 1 in each channel over the batch, multiplies by `weight` and adds
/// `bias` [C] if they are defined. The running statistics, if defined, follow those of the batch with momentum 0.1. eps
/// is 1e-5.
at::Tensor batch_norm_in_training(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                  const at::Tensor& running_mean, const at::Tensor& running_var);

}  // namespace vcl
