// SPDX-License-Identifier: LGPL-2.1-or-later
// Patch features of pattern-weight networks against the official VisionTransformer (tests/golden/data/dino/README.md),
// from the PNG on.
#include <cmath>
#include <optional>

#include "engine_golden.hpp"
#include "libvcl/engine/device.hpp"
#include "libvcl/engine/dino/preprocess.hpp"
#include "libvcl/engine/dino/vit.hpp"
#include "picture.hpp"
#include "vcl/model.hpp"
#include "vcl/resize.hpp"

namespace vcl {
namespace {

using nlohmann::json;

/// On the device that is tested.
Weights pattern_weights(const std::string& arch, const std::string& rule) {
  const at::Device device = open_exact_device(golden::device());
  TensorMap map;
  for (const auto& [name, shape] : official_tensors(arch))
    map.emplace(name, at::tensor(pattern_tensor(golden::seed(), name, shape, rule.at(0))).view(shape).to(device));
  return Weights(std::move(map));
}

Size size_of(const json& wh) {
  return {wh[0].get<int>(), wh[1].get<int>()};
}

// Float sums of other libraries: 5e-5 absolute, 5e-6 relative (an fp64 run differs by a fifth of that).
void expect_features(const at::Tensor& computed, const at::Tensor& expected) {
  const at::Tensor got = computed.cpu();
  ASSERT_EQ(got.sizes(), expected.sizes());
  EXPECT_LE((got - expected).abs().max().item<double>(), 5e-5);
  EXPECT_LE(((got - expected).norm() / expected.norm()).item<double>(), 5e-6);
}

at::Tensor every(const at::Tensor& tokens, std::int64_t step) {
  return tokens.slice(0, 0, std::nullopt, step);
}

at::Tensor as_tokens(const at::Tensor& features) {
  return features[0].flatten(1).t();
}

void expect_statistics(const at::Tensor& tokens, const json& expected) {
  const at::Tensor all = tokens.to(at::kDouble);
  const double deviation = expected["std"].get<double>(), length = expected["l2"].get<double>();
  EXPECT_NEAR(all.mean().item<double>(), expected["mean"].get<double>(), 1e-5 * deviation);
  EXPECT_NEAR(all.std(false).item<double>(), deviation, 1e-5 * deviation);
  EXPECT_NEAR(all.norm().item<double>(), length, 1e-5 * length);
}

void expect_case(const std::string& folder, const std::string& name, const json& info) {
  const SafetensorsFile file(folder + "/" + name + ".safetensors");
  const auto [size, pixels] = golden::read_rgb(folder + "/../images/" + info["image"].get<std::string>());
  const Size first = size_of(info["resize_wh"]), second = size_of(info["network_input_wh"]);
  const auto resized = resize_bytes(pixels.data(), size, 3, first, ResizeFilter::Lanczos);
  EXPECT_EQ(golden::crc32(resized.data(), resized.size()), info["crc32_resized_rgb"].get<std::uint32_t>());
  const auto input = resize_bytes(resized.data(), first, 3, second, ResizeFilter::Lanczos);
  EXPECT_EQ(golden::crc32(input.data(), input.size()), info["crc32_network_input_rgb"].get<std::uint32_t>());

  const at::Tensor input_image = vit_input(input.data(), second);
  // One rounding of the quotient may differ: 1 ulp of values below 4.
  const at::Tensor coarse = input_image[0].slice(1, 0, std::nullopt, 13).slice(2, 0, std::nullopt, 13);
  EXPECT_LE((coarse - golden::tensor(file, "input_every13")).abs().max().item<double>(), 2.4e-7);

  const Weights w = pattern_weights(info["arch"], info["rule"]);
  vit_verify(w);
  const at::Tensor image = input_image.to(w["cls_token"].device());
  const auto step = info["token_step"].get<std::int64_t>();
  const at::Tensor keys = vit_features(image, w);
  EXPECT_EQ(keys.size(2), info["grid_hw"][0].get<int>());
  EXPECT_EQ(keys.size(3), info["grid_hw"][1].get<int>());
  const std::string suffix = "_every" + std::to_string(step);
  expect_features(every(as_tokens(keys), step), golden::tensor(file, "K" + suffix));
  expect_statistics(as_tokens(keys), info["K"]);

  const auto& tensors = file.tensors();
  for (const auto& [facet, letter] : {std::pair(Facet::Query, "Q"), std::pair(Facet::Value, "V")})
    if (tensors.contains(letter + suffix))
      expect_features(every(as_tokens(vit_features(image, w, {}, facet)), step), golden::tensor(file, letter + suffix));
  if (tensors.contains("cls_out")) {
    const at::Tensor tokens = vit_forward(image, w)[0];
    expect_features(tokens[0], golden::tensor(file, "cls_out"));
    expect_features(every(tokens, step), golden::tensor(file, "norm_out" + suffix));
  }
  if (tensors.contains("tokens0" + suffix)) {
    at::Tensor x = vit_tokens(image, w);
    expect_features(every(x[0], step), golden::tensor(file, "tokens0" + suffix));
    for (int i = 0; i < (w / "blocks").count(); ++i) {
      x = vit_block(x, w / "blocks" / i, vit_blocks(image, w));
      const std::string out = "block" + std::to_string(i) + "_out" + suffix;
      if (tensors.contains(out)) expect_features(every(x[0], step), golden::tensor(file, out));
    }
  }
}

TEST(GoldenDino, PatternWeights) {
  VCL_GOLDEN_FOLDER(folder, "dino");
  const json check = golden::read_json(folder + "/weights_check.json");
  const Weights w = pattern_weights(check["arch"], check["rule"]);
  EXPECT_EQ(w.tensors().size(), check["count"].get<std::size_t>());
  for (const auto& [name, expected] : check["tensors"].items()) {
    const at::Tensor tensor = w[name].cpu();
    EXPECT_EQ(tensor.sizes().vec(), expected["shape"].get<std::vector<std::int64_t>>()) << name;
    EXPECT_EQ(golden::crc32(static_cast<const std::uint8_t*>(tensor.const_data_ptr()), tensor.nbytes()),
              expected["crc32"].get<std::uint32_t>())
        << name;
  }
}

TEST(GoldenDino, AllCases) {
  VCL_GOLDEN_FOLDER(folder, "dino");
  const json cases = golden::read_json(folder + "/cases.json");
  ASSERT_FALSE(cases.empty());
  for (const auto& [name, info] : cases.items()) {
    SCOPED_TRACE(name);
    expect_case(folder, name, info);
  }
}

}  // namespace
}  // namespace vcl
