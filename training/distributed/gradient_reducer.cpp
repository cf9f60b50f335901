// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/distributed/gradient_reducer.hpp"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>

#include "training/learning/optimiser.hpp"

namespace vcl::train {
namespace {

// A small network has several buckets too, so that all but the last are sent early.
constexpr std::int64_t kLeastBuckets = 8, kLeastBytes = 1 << 20;

/// Calls a function when a parameter's gradient is complete.
class Hook : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit Hook(std::function<void()> call) : call_(std::move(call)) {}
  void operator()(const torch::autograd::Variable&) override { call_(); }

 private:
  std::function<void()> call_;
};

std::int64_t bytes_of(const std::vector<at::Tensor>& tensors) {
  return std::accumulate(tensors.begin(), tensors.end(), std::int64_t(0),
                         [](std::int64_t sum, const at::Tensor& t) { return sum + std::int64_t(t.nbytes()); });
}

}  // namespace

GradientReducer::GradientReducer(Workers& workers, const Weights& weights, std::int64_t bucket_bytes)
    : workers_(workers), bucket_bytes_(bucket_bytes) {
  if (workers_.alone()) return;
  for (const auto& [name, tensor] : weights.tensors())
    if (is_trainable(name, weights)) parameters_.push_back(tensor);
  std::vector<std::size_t> backwards(parameters_.size());
  std::iota(backwards.rbegin(), backwards.rend(), std::size_t(0));
  fill_buckets(backwards);
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    torch::autograd::impl::set_post_acc_grad_hooks(parameters_[i], std::make_unique<Hook>([this, i] { is_there(i); }));
}

GradientReducer::~GradientReducer() {
  for (const at::Tensor& parameter : parameters_) torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
}

void GradientReducer::fill_buckets(const std::vector<std::size_t>& order) {
  const std::int64_t limit = std::min(bucket_bytes_, std::max(kLeastBytes, bytes_of(parameters_) / kLeastBuckets));
  buckets_.clear();
  bucket_of_.resize(parameters_.size());
  std::int64_t bytes = limit;
  for (const std::size_t i : order) {
    if (bytes >= limit) {
      buckets_.emplace_back();
      bytes = 0;
    }
    bytes += std::int64_t(parameters_[i].nbytes());
    buckets_.back().parameters.push_back(i);
    bucket_of_[i] = buckets_.size() - 1;
  }
  for (Bucket& bucket : buckets_) {
    std::int64_t count = 0;
    for (const std::size_t i : bucket.parameters) count += parameters_[i].numel();
    bucket.sums = at::empty({count}, parameters_[bucket.parameters[0]].options().requires_grad(false));
  }
}

/// Rebuilds the buckets in the order of the first pass, so that they complete one after the other and are sent early.
void GradientReducer::follow_order_of_use() {
  std::vector<std::size_t> order = order_;
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    if (std::ranges::find(order_, i) == order_.end()) order.push_back(i);
  fill_buckets(workers_.from_first(order).get<std::vector<std::size_t>>());
  order_is_known_ = true;
}

void GradientReducer::is_there(std::size_t parameter) {
  if (!active_) return;
  order_.push_back(parameter);
  --buckets_[bucket_of_[parameter]].missing;
  while (launched_ < buckets_.size() && buckets_[launched_].missing == 0) launch(buckets_[launched_++]);
}

void GradientReducer::launch(Bucket& bucket) {
  const c10::NoGradGuard no_grad;
  std::int64_t at = 0;
  for (const std::size_t i : bucket.parameters) {
    const at::Tensor& gradient = parameters_[i].grad();
    const at::Tensor place = bucket.sums.narrow(0, at, parameters_[i].numel());
    if (gradient.defined())
      place.view(parameters_[i].sizes()).copy_(gradient);
    else
      place.zero_();
    at += parameters_[i].numel();
  }
  bucket.wait = workers_.start_sum(bucket.sums);
}

void GradientReducer::collect() {
  const c10::NoGradGuard no_grad;
  for (Bucket& bucket : buckets_) {
    bucket.wait();
    std::int64_t at = 0;
    for (const std::size_t i : bucket.parameters) {
      at::Tensor& parameter = parameters_[i];
      if (!parameter.grad().defined()) parameter.mutable_grad() = at::zeros_like(parameter);
      parameter.mutable_grad().copy_(bucket.sums.narrow(0, at, parameter.numel()).view(parameter.sizes()));
      at += parameter.numel();
    }
  }
}

void GradientReducer::report() const {
  if (passes_ == 0 || !workers_.first()) return;
  std::fprintf(stderr, "%d processes: %.1f ms a step waited for the gradients of others, %zu buckets\n",
               workers_.size(), 1000 * waited_seconds_ / double(passes_), buckets_.size());
}

void GradientReducer::backward(const at::Tensor& loss) {
  if (workers_.alone()) return loss.backward();
  for (Bucket& bucket : buckets_) bucket.missing = bucket.parameters.size();
  launched_ = 0;
  order_.clear();
  active_ = true;
  loss.backward();
  active_ = false;
  const auto computed = std::chrono::steady_clock::now();
  while (launched_ < buckets_.size()) launch(buckets_[launched_++]);
  collect();
  waited_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - computed).count();
  ++passes_;
  if (!order_is_known_) follow_order_of_use();
}

}  // namespace vcl::train
