// SPDX-License-Identifier: LGPL-2.1-or-later
// The networks' convolutions and their gradients against LibTorch's in double precision.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <random>

#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/precision.hpp"

namespace vcl {
namespace {

struct Shape {
  std::int64_t images, in, out, kernel, stride, height, width;
  int threads;
};

std::ostream& operator<<(std::ostream& out, const Shape& s) {
  return out << s.images << "x" << s.in << "x" << s.height << "x" << s.width << " to " << s.out << " channels, kernel "
             << s.kernel << ", stride " << s.stride << ", " << s.threads << " threads";
}

/// Outputs of a layer, and the gradients over its input, weight and bias of their product with `over_output`.
using Results = std::vector<at::Tensor>;

Results results_of(const at::Tensor& y, const TensorMap& leaves, const at::Tensor& over_output) {
  y.backward(over_output.to(y.scalar_type()));
  Results results{y.detach()};
  for (const auto& [name, leaf] : leaves) results.push_back(leaf.grad());
  return results;
}

TensorMap variables(const TensorMap& values, at::ScalarType type) {
  TensorMap variables;
  for (const auto& [name, value] : values) variables[name] = value.to(type).detach().clone().requires_grad_();
  return variables;
}

/// A layer, its input and the gradient over its output, random.
struct Problem {
  explicit Problem(const Shape& s) : stride(int(s.stride)), padding(int(s.kernel / 2)) {
    const auto random = [](at::IntArrayRef sizes) {
      return at::randn(sizes).contiguous(at::MemoryFormat::ChannelsLast);
    };
    values["bias"] = at::randn({s.out});
    values["weight"] = random({s.out, s.in, s.kernel, s.kernel});
    values["x"] = random({s.images, s.in, s.height, s.width});
    const auto side = [&](std::int64_t input) { return (input + 2 * padding - s.kernel) / stride + 1; };
    over_output = random({s.images, s.out, side(s.height), side(s.width)});
  }
  Results exact() const {
    const TensorMap v = variables(values, at::kDouble);
    return results_of(at::conv2d(v.at("x"), v.at("weight"), v.at("bias"), stride, padding), v, over_output);
  }
  /// The same of magnitudes: the sizes of what is summed.
  Results summed() const {
    Problem magnitudes(*this);
    for (auto& [name, value] : magnitudes.values) value = value.abs();
    magnitudes.over_output = over_output.abs();
    return magnitudes.exact();
  }
  Results own(Precision precision) const {
    const TensorMap v = variables(values, at::kFloat);
    const auto forward = [&] {
      const ProductPrecision products(at::kCPU, precision);
      return conv2d(v.at("x"), Weights(v), stride);
    };
    return results_of(forward(), v, over_output);
  }

  TensorMap values;
  at::Tensor over_output;
  const int stride, padding;
};

/// Whether each value errs by no more than this share of the sum of magnitudes that it is made of.
void expect_near(const Results& got, const Results& exact, const Results& summed, double share) {
  const char* const names[] = {"output", "bias", "weight", "x"};
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].sizes(), exact[i].sizes());
    EXPECT_TRUE(((got[i].to(at::kDouble) - exact[i]).abs() <= share * summed[i]).all().item<bool>()) << names[i];
  }
}

/// Restores the number of threads that others compute on.
class Convolutions : public testing::Test {
 protected:
  ~Convolutions() override { at::set_num_threads(threads_); }
  void expect_exact(const Shape& shape) {
    SCOPED_TRACE(testing::Message() << shape);
    at::set_num_threads(shape.threads);
    const Problem problem(shape);
    const Results exact = problem.exact(), summed = problem.summed();
    expect_near(problem.own(Precision::Fp32), exact, summed, 1e-5);
    // Both factors and the sum are rounded to 8 bits; LibTorch's fallback for older processors also rounds partial
    // sums.
    expect_near(problem.own(Precision::Bf16), exact, summed, 10.0 / 256);
  }

 private:
  const int threads_ = at::get_num_threads();
};

// LibTorch 2.13 ends the process when it differentiates these itself, on processors with AVX-512.
TEST_F(Convolutions, OfOnePixelWithAStride) {
  at::manual_seed(1);
  for (const int threads : {1, 2, 4})
    for (const std::int64_t channels : {8, 12, 13})
      for (const auto& [images, height, width] :
           {std::tuple{3, 16, 24}, {1, 48, 80}, {5, 16, 24}, {16, 6, 40}, {2, 17, 9}})
        expect_exact({images, channels, 2 * channels, 1, 2, height, width, threads});
}

// Among them inputs narrower than the stride, for which LibTorch 2.13 leaves gradients in bfloat16 unset.
TEST_F(Convolutions, OfAllKindsAndSizes) {
  at::manual_seed(2);
  std::mt19937 random(2);
  const auto between = [&](int low, int high) {
    return std::int64_t(low) + std::int64_t(random() % std::uint32_t(high - low + 1));
  };
  for (int i = 0; i < 200; ++i) {
    const std::int64_t kernel = std::array{1, 3, 3, 5, 7}[std::size_t(between(0, 4))];
    const std::int64_t images = between(1, 4), in = kernel == 7 ? 3 : between(1, 40), out = between(1, 40),
                       stride = between(1, 3), widest = i % 3 == 0 ? 3 : 24;
    expect_exact({images, in, out, kernel, stride, between(1, 24), between(1, int(widest)), int(between(1, 4))});
  }
}

}  // namespace
}  // namespace vcl
