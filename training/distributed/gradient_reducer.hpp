// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "libvcl/engine/weights.hpp"
#include "training/distributed/workers.hpp"

namespace vcl::train {

/// Sums the gradients of all processes while the backward pass is still running. Gradients are sent in buckets, each as
/// soon as it is complete. A single process sums nothing.
class GradientReducer {
 public:
  static constexpr std::int64_t kBucketBytes = 25 << 20;

  /// Covers all trainable tensors. `workers` must outlive it.
  GradientReducer(Workers& workers, const Weights& weights, std::int64_t bucket_bytes = kBucketBytes);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;
  GradientReducer& operator=(const GradientReducer&) = delete;

  /// Runs loss.backward(). Each tensor's gradient is then the sum over all processes of the previous gradient plus that
  /// of this loss. (If an update has several batches, only the last one goes through here.) Tensors that no loss
  /// depends on have gradient 0. Throws WorkerLost; the gradients are unusable then.
  void backward(const at::Tensor& loss);

  /// Prints how long a step waited for sums after it had computed its own gradients.
  void report() const;

 private:
  struct Bucket {
    std::vector<std::size_t> parameters;
    at::Tensor sums;  ///< concatenated
    std::size_t missing = 0;
    std::function<void()> wait;
  };
  void fill_buckets(const std::vector<std::size_t>& order);
  void follow_order_of_use();
  void is_there(std::size_t parameter);
  void launch(Bucket& bucket);
  void collect();

  Workers& workers_;
  const std::int64_t bucket_bytes_;
  std::vector<at::Tensor> parameters_;
  std::vector<std::size_t> bucket_of_;
  std::vector<Bucket> buckets_;
  std::size_t launched_ = 0;        ///< number of buckets sent; the order is the same in all processes
  std::vector<std::size_t> order_;  ///< the order in which gradients arrived in this pass
  bool active_ = false, order_is_known_ = false;
  double waited_seconds_ = 0;  ///< over all passes
  std::int64_t passes_ = 0;
};

}  // namespace vcl::train
