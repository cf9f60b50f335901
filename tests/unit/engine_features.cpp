// SPDX-License-Identifier: LGPL-2.1-or-later
// The public API of features and cuts, through the engine module as plugins and tools use it.
#include "vcl/features.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "libvcl/engine/dino/preprocess.hpp"
#include "libvcl/engine/dino/vit.hpp"
#include "libvcl/engine/dino/vit_init.hpp"
#include "libvcl/engine/maskcut/maskcut.hpp"
#include "libvcl/engine/torch_errors.hpp"
#include "temporary_folder.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

/// A small transformer in a file, with patches of 4 pixels.
struct SmallModel {
  SmallModel() {
    at::manual_seed(11);
    save_model(path, {{{"architecture", kVitArchitecture}, {"heads", 4}},
                      weights = vit_random({.channels = 48, .depth = 3, .patch = 4, .positions = 6})});
  }
  TemporaryFolder folder;
  std::string path = folder / "vit.safetensors";
  Weights weights;
  VitConfig config{.heads = 4};
};

struct Photo {
  Size size;
  std::vector<std::uint8_t> rgb;
  FrameView view() const {
    FrameView frame;
    frame.size = size;
    frame.planes[0] = rgb.data();
    frame.strides[0] = 3 * size.width;
    return frame;
  }
};

Photo random_photo(Size size) {
  const at::Tensor pixels = at::randint(0, 256, {size.height, size.width, 3}, at::kByte);
  const auto* first = pixels.const_data_ptr<std::uint8_t>();
  return {size, {first, first + pixels.numel()}};
}

at::Tensor tensor_of(const FeatureMap& map) {
  return at::tensor(map.values).view({map.channels, map.grid.height, map.grid.width});
}

TEST(Features, AreThoseOfTheNetworkForAnyLayerFacetAndSize) {
  const SmallModel model;
  const Photo photo = random_photo({37, 23});
  for (const Size input : {Size{24, 24}, Size{50, 31}, Size{8, 42}})
    for (const Facet facet : {Facet::Key, Facet::Query, Facet::Value, Facet::All})
      for (const int layer : {-1, 0, 1, 2}) {
        const auto extractor =
            open_features({.model = model.path, .threads = 1, .facet = facet, .layer = layer, .input = input});
        const FeatureMap map = extractor->extract(photo.view());
        const at::Tensor image = vit_input_resized(photo.rgb.data(), photo.size, input, 4);
        EXPECT_EQ(map.input, input);
        EXPECT_EQ(map.stride, 4);
        EXPECT_EQ(map.grid, (Size{int(image.size(3)) / 4, int(image.size(2)) / 4}));
        // Other products sum in another order where the number of threads differs.
        const at::Tensor expected = vit_features(image, model.weights, model.config, facet, nullptr, layer)[0];
        EXPECT_TRUE(at::allclose(tensor_of(map), expected, 1e-5, 1e-6));
        const NetworkInput network_input = extractor->input(photo.view());
        EXPECT_EQ(network_input.size, (Size{int(image.size(3)), int(image.size(2))}));
        EXPECT_TRUE(at::tensor(network_input.values).view(image.sizes()).equal(image));
      }
}

TEST(Features, InBfloat16AreCloseAndLeaveFloat32Alone) {
  const SmallModel model;
  const Photo photo = random_photo({40, 40});
  const auto features = [&](Precision precision) {
    return tensor_of(open_features({.model = model.path, .threads = 1, .precision = precision, .input = {40, 40}})
                         ->extract(photo.view()));
  };
  const at::Tensor exact = features(Precision::Fp32), narrow = features(Precision::Bf16);
  const double error = ((narrow - exact).norm() / exact.norm()).item<double>();
  EXPECT_LT(error, 0.02);  // bfloat16 has 8 bits: each of some ten products errs by up to 0.4 %
  EXPECT_GT(error, 1e-4);  // or nothing was computed in it
  EXPECT_TRUE(at::equal(features(Precision::Fp32), exact));
}

TEST(Features, DoNotDependOnThePixelFormat) {
  const SmallModel model;
  const Photo photo = random_photo({19, 30});
  const auto extractor = open_features({.model = model.path, .input = {28, 28}});
  const FeatureMap expected = extractor->extract(photo.view());
  EXPECT_EQ(expected.grid, (Size{7, 7}));
  std::vector<std::uint8_t> xbgr(19 * 30 * 4);  // bottom-up
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 19; ++x)
      for (int c = 0; c < 3; ++c) xbgr[((29 - y) * 19 + x) * 4 + 3 - c] = photo.rgb[(y * 19 + x) * 3 + c];
  FrameView frame;
  frame.size = photo.size;
  frame.format = PixelFormat::XBGR;
  frame.planes[0] = xbgr.data() + 29 * 19 * 4;
  frame.strides[0] = -19 * 4;
  EXPECT_EQ(extractor->extract(frame).values, expected.values);
}

TEST(Features, TheMethodsSizeIsTheDefault) {
  const SmallModel model;
  const FeatureMap map = open_features({.model = model.path})->extract(random_photo({5, 3}).view());
  EXPECT_EQ(map.input, (Size{480, 480}));
  EXPECT_EQ(map.grid, (Size{120, 120}));
}

ErrorKind refusal(const FeatureOptions& options) {
  try {
    open_features(options);
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "nothing was refused";
  return ErrorKind::Resource;
}

TEST(Features, RefuseWhatThereIsNot) {
  const SmallModel model;
  for (const int layer : {3, -2, 1000}) EXPECT_EQ(refusal({.model = model.path, .layer = layer}), ErrorKind::Invalid);
  for (const Size input : {Size{0, 5}, Size{-3, -3}, Size{9000, 8}, Size{4096, 2048}})
    EXPECT_EQ(refusal({.model = model.path, .input = input}), ErrorKind::Invalid);
  EXPECT_EQ(refusal({.model = model.path, .device = "tpu"}), ErrorKind::Invalid);
  EXPECT_EQ(refusal({.model = model.path + "x"}), ErrorKind::NotFound);
  const auto extractor = open_features({.model = model.path, .input = {24, 24}});
  EXPECT_THROW(extractor->extract({}), Error);
  EXPECT_EQ(extractor->extract(random_photo({1, 1}).view()).grid, (Size{6, 6})) << "it stays usable";
}

TEST(TorchErrors, TooLittleMemoryIsAnErrorWithACure) {
  try {
    translated([] { return at::empty({std::int64_t(1) << 50}, at::kByte); });
    FAIL() << "no machine has 1 PiB";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Resource);
    EXPECT_NE(std::string(error.what()).find("smaller"), std::string::npos) << error.what();
  }
}

TEST(PublicMaskCut, IsTheEngines) {
  at::manual_seed(3);
  const at::Tensor features = at::randn({6, 9, 7}) + 0.5;
  const auto* first = features.const_data_ptr<float>();
  const FeatureMap map{6, {7, 9}, 16, {112, 144}, {first, first + features.numel()}};
  const MaskCutOptions options{.tau = 0.2, .masks = 4, .sign = CutSign::Opposite};
  const auto steps = maskcut(map, options, 1), expected = maskcut(features, options);
  ASSERT_EQ(steps.size(), expected.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].output, expected[i].output);
    EXPECT_NEAR(steps[i].eigenvalue, expected[i].eigenvalue, 1e-12);
  }
}

TEST(PublicMaskCut, RefusesFeaturesThatAreNone) {
  const FeatureMap good{2, {3, 2}, 16, {48, 32}, std::vector<float>(12, 1)};
  EXPECT_EQ(maskcut(good).size(), 3u);
  FeatureMap broken = good;
  broken.values[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(maskcut(broken), Error);
  broken.values.pop_back();
  EXPECT_THROW(maskcut(broken), Error);
  EXPECT_THROW(maskcut({1, {1, 1}, 16, {16, 16}, {1}}), Error);
  EXPECT_THROW(maskcut({0, {-1, 2}, 16, {16, 16}, {}}), Error);
  EXPECT_THROW(maskcut(good, {}, -1), Error);
}

}  // namespace
}  // namespace vcl
