// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace vcl {

/// Adds up a float64 tensor over all processes that hold a part of the batch, in place.
using SumOverParts = std::function<void(const at::Tensor&)>;

/// While it lives, batch norms of this thread that train take the statistics of the whole batch, of which this process
/// holds a part, and so do their gradients (which may be computed later, in any thread). Without a sum it is whole.
class BatchInParts {
 public:
  explicit BatchInParts(SumOverParts sum);
  ~BatchInParts();
  BatchInParts(const BatchInParts&) = delete;
  BatchInParts& operator=(const BatchInParts&) = delete;
};

/// x [N, C, ...] with mean 0 and variance 1 in each channel over the batch, times `weight` and plus `bias` [C] where
/// defined; running statistics, where defined, follow the batch's with momentum 0.1. eps 1e-5.
at::Tensor batch_norm_in_training(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                  const at::Tensor& running_mean, const at::Tensor& running_var);

}  // namespace vcl
