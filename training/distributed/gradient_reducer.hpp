// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "libvcl/engine/weights.hpp"
#include "training/distributed/workers.hpp"

namespace vcl::train {

/// Adds up the gradients of all processes while the backward pass still computes others: in buckets, which leave when
/// all gradients in them are there. A process alone has nothing to add.
class GradientReducer {
 public:
  static constexpr std::int64_t kBucketBytes = 25 << 20;

  /// Of all tensors that are trained; `workers` must outlive it.
  GradientReducer(Workers& workers, const Weights& weights, std::int64_t bucket_bytes = kBucketBytes);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;
  GradientReducer& operator=(const GradientReducer&) = delete;

  /// loss.backward(), after which every tensor's gradient is the sum over all processes: of what was there before (the
  /// batch may come in several parts of which only the last goes through here) and what this loss adds. What no loss
  /// depends on has gradient 0. Throws WorkerLost; gradients are then of no use.
  void backward(const at::Tensor& loss);

  /// Tells people how long a step waited for sums when it had nothing left to compute.
  void report() const;

 private:
  struct Bucket {
    std::vector<std::size_t> parameters;
    at::Tensor sums;  ///< one after the other
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
  std::size_t launched_ = 0;        ///< buckets; they leave in the same order everywhere
  std::vector<std::size_t> order_;  ///< in which gradients came in this pass
  bool active_ = false, order_is_known_ = false;
  double waited_seconds_ = 0;  ///< in all passes
  std::int64_t passes_ = 0;
};

}  // namespace vcl::train
