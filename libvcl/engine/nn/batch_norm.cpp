// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/nn/batch_norm.hpp"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

namespace vcl {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double kMomentum = 0.1, kEpsilon = 1e-5;

struct Parts : torch::CustomClassHolder {
  explicit Parts(SumOverParts sum) : sum(std::move(sum)) {}
  const SumOverParts sum;
};
thread_local c10::intrusive_ptr<Parts> parts_of_thread;

/// Returns all dimensions except that of the channels.
std::vector<std::int64_t> others(const at::Tensor& x) {
  std::vector<std::int64_t> dimensions(std::size_t(x.dim()) - 1);
  std::iota(dimensions.begin(), dimensions.end(), std::int64_t(1));
  dimensions[0] = 0;
  return dimensions;
}

/// Reshapes [C] so that it broadcasts with x [N, C, ...].
at::Tensor along_channels(const at::Tensor& values, const at::Tensor& x) {
  std::vector<std::int64_t> shape(std::size_t(x.dim()), 1);
  shape[1] = x.size(1);
  return values.view(shape);
}

struct Statistics {
  at::Tensor mean, variance;  ///< float32 [C]
  double count = 0;           ///< values per channel
};

/// The sums are in float64, which is exact enough for a difference of squares.
Statistics statistics_of(const at::Tensor& x, const Parts& parts) {
  const double count = double(x.numel() / x.size(1));
  const auto [variance, mean] = at::var_mean(x, others(x), 0);
  const at::Tensor m = mean.to(at::kDouble);
  const at::Tensor sums =
      at::cat({count * m, count * (variance.to(at::kDouble) + m * m), at::full({1}, count, m.options())});
  parts.sum(sums);
  const std::int64_t channels = x.size(1);
  const double all = sums[2 * channels].item<double>();
  const at::Tensor whole = sums.narrow(0, 0, channels) / all;
  const at::Tensor spread = (sums.narrow(0, channels, channels) / all - whole * whole).clamp_min(0);
  return {whole.to(at::kFloat), spread.to(at::kFloat), all};
}

void follow(const at::Tensor& running_mean, const at::Tensor& running_var, const Statistics& batch) {
  running_mean.lerp_(batch.mean, kMomentum);
  running_var.lerp_(batch.variance * (batch.count / std::max(1.0, batch.count - 1)), kMomentum);
}

class BatchNormInParts : public torch::autograd::Function<BatchNormInParts> {
 public:
  using Optional = std::optional<at::Tensor>;

  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const Optional& weight,
                            const Optional& bias, const Optional& running_mean, const Optional& running_var) {
    const at::Tensor x = input.to(at::kFloat);
    const Statistics batch = statistics_of(x, *parts_of_thread);
    if (running_mean) follow(*running_mean, *running_var, batch);
    context->save_for_backward({x, weight.value_or(at::Tensor()), batch.mean, batch.variance});
    context->saved_data["count"] = batch.count;
    context->saved_data["parts"] = c10::IValue::make_capsule(parts_of_thread);
    return at::batch_norm(x, weight, bias, batch.mean, batch.variance, false, 0, kEpsilon, false)
        .to(input.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& over_outputs) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const auto parts = context->saved_data["parts"].toCapsule();
    const double count = context->saved_data["count"].toDouble();
    const at::Tensor inverse = at::rsqrt(saved[3] + kEpsilon);
    const at::Tensor normal = (x - along_channels(saved[2], x)) * along_channels(inverse, x);
    const at::Tensor over = over_outputs[0].to(at::kFloat);
    const at::Tensor own = at::stack({over.sum(others(x)), (over * normal).sum(others(x))});
    const at::Tensor sums = own.to(at::kDouble);
    static_cast<const Parts&>(*parts).sum(sums);
    const at::Tensor means = (sums / count).to(at::kFloat);
    const at::Tensor scale = weight.defined() ? weight * inverse : inverse;
    const at::Tensor over_x =
        along_channels(scale, x) * (over - along_channels(means[0], x) - normal * along_channels(means[1], x));
    return {over_x.to(over_outputs[0].scalar_type()), weight.defined() ? own[1] : at::Tensor(),
            weight.defined() ? own[0] : at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

BatchInParts::BatchInParts(SumOverParts sum) {
  if (sum) parts_of_thread = c10::make_intrusive<Parts>(std::move(sum));
}

BatchInParts::~BatchInParts() {
  parts_of_thread.reset();
}

at::Tensor batch_norm_in_training(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                  const at::Tensor& running_mean, const at::Tensor& running_var) {
  if (parts_of_thread) {
    const auto given = [](const at::Tensor& tensor) { return tensor.defined() ? std::optional(tensor) : std::nullopt; };
    return BatchNormInParts::apply(x, given(weight), given(bias), given(running_mean), given(running_var));
  }
  return at::batch_norm(x, weight, bias, running_mean, running_var, true, kMomentum, kEpsilon, false);
}

}  // namespace vcl
