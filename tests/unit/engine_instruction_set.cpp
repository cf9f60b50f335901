// SPDX-License-Identifier: LGPL-2.1-or-later
// That a cap on instructions reaches all who choose by them, and that kernels agree whatever they are compiled for.
#include <ATen/ATen.h>
#include <ATen/Version.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "libvcl/engine/nn/deformable_kernel.hpp"
#include "libvcl/engine/nn/winograd_kernel.hpp"
#include "libvcl/engine/precision.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

/// Says what this process computes with; oneDNN does so itself.
[[noreturn]] void report() {
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  const at::Tensor x = at::randn({4, 32, 32, 32}).contiguous(at::MemoryFormat::ChannelsLast);
  at::conv2d(x, at::randn({32, 32, 3, 3}));
  std::printf("ATen: %s, precision: %s\n", at::get_cpu_capability().c_str(),
              precision_of("auto", at::kCPU) == Precision::Bf16 ? "bf16" : "fp32");
  std::fflush(stdout);
  std::_Exit(int(usable_instructions()));
}

TEST(InstructionCap, ReachesLibTorchAndThePrecision) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process of its own, which starts with the cap
  struct Cap {
    InstructionSet set;
    const char *name, *report;
  };
  const Cap caps[] = {{InstructionSet::Avx2, "avx2", "isa:Intel AVX2\n.*ATen: AVX2, precision: fp32"},
                      {InstructionSet::Avx512, "avx512",
                       "isa:Intel AVX-512 with AVX512BW, AVX512VL, and AVX512DQ extensions\n"
                       ".*ATen: AVX512, precision: fp32"}};
  const char* const outer = std::getenv("VCL_MAX_CPU");
  const std::string before = outer == nullptr ? "" : outer;
  ::setenv("ONEDNN_VERBOSE", "1", 1);
  for (const auto& [set, name, expected] : caps) {
    if (set >= machine_instructions()) continue;
    ::setenv("VCL_MAX_CPU", name, 1);
    EXPECT_EXIT(report(), testing::ExitedWithCode(int(set)), expected);
  }
  ::unsetenv("ONEDNN_VERBOSE");
  ::setenv("VCL_MAX_CPU", before.c_str(), 1);
}

TEST(Precision, AutoFollowsTheInstructionsAndUnknownOnesAreRefusedWithThoseThereAre) {
  EXPECT_EQ(precision_of("fp32", at::kCPU), Precision::Fp32);
  EXPECT_EQ(precision_of("bf16", at::kCPU), Precision::Bf16);
  EXPECT_EQ(precision_of("auto", at::kCPU) == Precision::Bf16, usable_instructions() >= InstructionSet::Avx512Bf16);
  try {
    precision_of("fp8", at::kCPU);
    FAIL() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the precision must be auto, fp32 or bf16, not \"fp8\"");
  }
}

/// The results of a kernel for each instruction set of the machine are those for any processor. Sums of up to 64
/// products: fused ones round once.
template <typename Kernel>
void expect_agreement(Kernel kernel) {
  const at::Tensor expected = kernel(InstructionSet::Baseline);
  const double tolerance = 1e-5 * (1 + expected.abs().max().template item<double>());
  for (const InstructionSet set : {InstructionSet::Avx2, InstructionSet::Avx512}) {
    if (set > machine_instructions()) continue;
    EXPECT_LE((kernel(set) - expected).abs().max().template item<double>(), tolerance) << int(set);
  }
}

TEST(Kernels, OfWinogradAgree) {
  at::manual_seed(4);
  for (const std::int64_t channels : {1, 7, 8, 31, 64}) {
    const TiledMaps maps{2, 9, 14, channels};
    const at::Tensor input = at::randn({2, 9, 14, channels}), bias = at::randn({channels}),
                     products = at::randn({kWinogradPoints, maps.tiles(), channels});
    const std::int64_t stride = maps.tiles() * channels;
    expect_agreement([&](InstructionSet set) {
      at::Tensor values = at::zeros_like(products);
      winograd_input(maps, 0, maps.tiles(), input.const_data_ptr<float>(), values.mutable_data_ptr<float>(), stride,
                     set);
      return values;
    });
    expect_agreement([&](InstructionSet set) {
      at::Tensor output = at::zeros_like(input);
      winograd_output(maps, 0, maps.tiles(), products.const_data_ptr<float>(), stride, bias.const_data_ptr<float>(),
                      output.mutable_data_ptr<float>(), set);
      return output;
    });
  }
}

TEST(Kernels, OfDeformableSamplingAgree) {
  at::manual_seed(5);
  const std::vector<GridSize> levels{{5, 7}, {3, 4}};
  const std::int64_t cells = 47, queries = 20, heads = 2, points = 3;
  for (const std::int64_t channels : {1, 8, 13, 32, 47}) {
    const SamplingSizes sizes{levels, heads, channels, points};
    // Quarters of cells: no rounding decides which cell a sample lies in.
    const at::Tensor side = at::tensor({7.0F, 5.0F, 4.0F, 3.0F}).view({2, 1, 2}),
                     locations = (at::randint(-8, 40, {queries, heads, 2, points, 2}) + 0.25) / 4 / side;
    const at::Tensor values = at::randn({cells, channels}), weights = at::randn({queries, heads, 2, points}),
                     over_outputs = at::randn({queries, heads, channels});
    const auto read = [](const at::Tensor& x) { return x.const_data_ptr<float>(); };
    for (std::int64_t head = 0; head < heads; ++head) {
      expect_agreement([&](InstructionSet set) {
        at::Tensor outputs = at::zeros({queries, heads, channels});
        sample_deformable(sizes, head, 0, queries, read(values), read(locations), read(weights),
                          outputs.mutable_data_ptr<float>(), set);
        return outputs;
      });
      expect_agreement([&](InstructionSet set) {
        at::Tensor over_values = at::zeros_like(values), over_locations = at::zeros_like(locations),
                   over_weights = at::zeros_like(weights);
        deformable_gradients(sizes, head, queries, read(values), read(locations), read(weights), read(over_outputs),
                             over_values.mutable_data_ptr<float>(), over_locations.mutable_data_ptr<float>(),
                             over_weights.mutable_data_ptr<float>(), set);
        return at::cat({over_values.flatten(), over_locations.flatten(), over_weights.flatten()});
      });
    }
  }
}

}  // namespace
}  // namespace vcl
