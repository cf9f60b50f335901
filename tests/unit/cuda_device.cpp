// SPDX-License-Identifier: LGPL-2.1-or-later
// What a GPU computes against what the processor does. Skipped where there is no CUDA device.
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <cstdio>
#include <cstring>

#include "cuda_twin.hpp"
#include "deformable_problem.hpp"
#include "libvcl/engine/device.hpp"
#include "libvcl/engine/dino/vit.hpp"
#include "libvcl/engine/dino/vit_init.hpp"
#include "libvcl/engine/maskcut/cuda_crf.hpp"
#include "libvcl/engine/maskcut/maskcut.hpp"
#include "libvcl/engine/torch_errors.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

using test::Photo;
using test::random_masks;
using test::random_photo;
using test::Rng;
using test::twin_field;
using test::uniform;

const at::Device kCuda(at::kCUDA, 0);

at::Tensor on_device(const Photo& photo) {
  return at::tensor(photo.rgb, at::kByte).view({photo.size.height, photo.size.width, 3}).to(kCuda);
}

at::Tensor on_device(const std::vector<Mask>& masks) {
  std::vector<at::Tensor> planes;
  for (const Mask& mask : masks) planes.push_back(at::tensor(mask.pixels, at::kByte).view({mask.height, mask.width}));
  return at::stack(planes).to(kCuda);
}

std::vector<float> device_field(const Photo& photo, const std::vector<Mask>& masks) {
  const at::Tensor field = cuda_crf_field(on_device(photo), on_device(masks), {}).cpu();
  return {field.const_data_ptr<float>(), field.const_data_ptr<float>() + field.numel()};
}

struct CudaCrf : testing::Test {
  void SetUp() override {
    if (!has_cuda_crf()) GTEST_SKIP() << "built without -Dcuda=enabled";
  }
};

// The kernels are compiled without contraction, and both sum in one order: nothing is left to rounding.
TEST_F(CudaCrf, IsItsTwinToTheBit) {
  Rng rng(31);
  for (int round = 0; round < 40; ++round) {
    const Photo photo = random_photo(rng, round < 30 ? 60 : 300);
    const std::vector<Mask> masks = random_masks(rng, photo.size, uniform(rng, 1, 6));
    const std::vector<float> found = device_field(photo, masks), expected = twin_field(photo, masks);
    ASSERT_EQ(found.size(), expected.size());
    EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size() * sizeof(float)), 0)
        << photo.size.width << "x" << photo.size.height << ", " << masks.size() << " masks, largest difference "
        << (at::tensor(found) - at::tensor(expected)).abs().max().item<float>();
  }
}

TEST_F(CudaCrf, GivesTheSameBitsAgain) {
  Rng rng(32);
  Photo photo{{640, 480}, std::vector<std::uint8_t>(3 * 640 * 480)};
  for (std::uint8_t& value : photo.rgb) value = std::uint8_t(uniform(rng, 0, 40));
  const std::vector<Mask> masks = random_masks(rng, photo.size, 3);
  const std::vector<float> first = device_field(photo, masks);
  for (int round = 0; round < 5; ++round) EXPECT_EQ(device_field(photo, masks), first);
}

TEST_F(CudaCrf, RefinesAsTheProcessorDoes) {
  Rng rng(33);
  for (int round = 0; round < 10; ++round) {
    const Photo photo = random_photo(rng, 200);
    const std::vector<Mask> masks = random_masks(rng, photo.size, 3);
    const DenseCrf crf(photo.rgb, photo.size);
    const std::vector<Mask> found = cuda_refine(photo.rgb, photo.size, {}, masks, kCuda);
    const auto probabilities = crf.probabilities(masks);
    for (std::size_t m = 0; m < masks.size(); ++m)
      for (std::size_t p = 0; p < found[m].pixels.size(); ++p)
        if (std::abs(probabilities[m][p] - 0.5f) > 1e-3f) {  // the others may fall on either side
          ASSERT_EQ(found[m].pixels[p], probabilities[m][p] > 0.5f);
        }
  }
}

TEST_F(CudaCrf, TellsWhichImagesSpanTooMuch) {
  CrfSettings tiny;
  tiny.color_deviation = tiny.appearance_deviation = 0.001f;
  Rng rng(34);
  const Photo photo = random_photo(rng, 20);
  EXPECT_THROW(cuda_crf_field(on_device(photo), on_device(random_masks(rng, photo.size, 1)), tiny), Error);
}

struct CudaDeformable : testing::Test {
  void SetUp() override {
    if (cuda_kernels().sample_deformable == nullptr) GTEST_SKIP() << "built without -Dcuda=enabled";
  }
};

test::Problem on_device(const test::Problem& p) {
  return {p.levels, p.value.to(kCuda), p.locations.to(kCuda), p.weights.to(kCuda)};
}

TEST_F(CudaDeformable, SamplesAsItsTwinToTheBit) {
  test::over_many_problems([](const test::Problem& p) {
    const test::Problem there = on_device(p);
    EXPECT_TRUE(at::equal(deformable_sample(there.value, there.levels, there.locations, there.weights).cpu(),
                          test::SamplingTwin(p).outputs()));
  });
}

// Threads add up the gradients over values in any order.
TEST_F(CudaDeformable, HasItsTwinsGradients) {
  constexpr double kAnyOrder = 1e-5;
  test::over_many_problems([](const test::Problem& p) {
    const at::Tensor probe = test::probe_of(p);
    const auto got = test::gradients(on_device(p), probe.to(kCuda), deformable_sample);
    const auto expected = test::SamplingTwin(p).gradients(probe);
    const char* names[] = {"value", "locations", "weights"};
    for (std::size_t i = 0; i < got.size(); ++i) test::expect_near(got[i].cpu(), expected[i], kAnyOrder, names[i]);
  });
}

// fp32 sums of other libraries in other orders, as in the golden tests; no TF32.
TEST(CudaEngine, FeaturesAreTheProcessors) {
  at::manual_seed(5);
  const Weights weights = vit_random({.channels = 192, .depth = 6, .patch = 8, .positions = 10});
  TensorMap moved;
  for (const auto& [name, tensor] : weights.tensors()) moved.emplace(name, tensor.to(kCuda));
  const at::Tensor images = at::randn({3, 3, 96, 64});
  const at::Tensor expected = vit_features(images, weights, {.heads = 3});
  const at::Tensor found = vit_features(images.to(open_exact_device("cuda")), Weights(moved), {.heads = 3}).cpu();
  EXPECT_LE(((found - expected).norm() / expected.norm()).item<double>(), 5e-6);
}

/// Features of boxes on a ground, with a little noise.
at::Tensor box_features(int side) {
  at::Tensor features = at::randn({16, 1, 1}).expand({16, side, side}).clone();
  for (const int at : {2, side / 2})
    features.narrow(1, at, side / 4)
        .narrow(2, at + 1, side / 3)
        .copy_(at::randn({16, 1, 1}).expand({16, side / 4, side / 3}));
  return features + 0.1 * at::randn({16, side, side});
}

TEST(CudaEngine, CutsAreTheProcessors) {
  for (const int side : {12, 20, 30, 45, 60}) {
    at::manual_seed(side);
    const at::Tensor features = box_features(side);
    const auto expected = maskcut(features, {.tau = 0.3}), found = maskcut(features.to(kCuda), {.tau = 0.3});
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].output, expected[i].output) << "side " << side << ", cut " << i;
      EXPECT_NEAR(found[i].eigenvalue, expected[i].eigenvalue, 1e-9 * expected[i].eigenvalue);
    }
  }
}

TEST(CudaEngine, TooLittleMemoryIsAnErrorWithACure) {
  try {
    translated([] { return at::empty({std::int64_t(1) << 44}, at::TensorOptions(kCuda).dtype(at::kByte)); });
    FAIL() << "no GPU has 16 TiB";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Resource);
    EXPECT_NE(std::string(error.what()).find("smaller"), std::string::npos) << error.what();
  }
  EXPECT_EQ(at::ones({3}, kCuda).sum().item<float>(), 3) << "it stays usable";
}

}  // namespace
}  // namespace vcl

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (vcl::open_device("auto").is_cpu()) {
    std::puts("skipped: no CUDA device");
    return 77;  // meson's sign of a skipped test
  }
  return RUN_ALL_TESTS();
}
