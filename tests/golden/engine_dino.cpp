// SPDX-License-Identifier: LGPL-2.1-or-later
// Patch features of pattern-weight networks against the official VisionTransformer (golden/dino/README.md), from the
// PNG on.
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/dino/preprocess.hpp"
#include "engine/dino/vit.hpp"
#include "engine_golden.hpp"
#include "vcl/resize.hpp"

namespace vcl {
namespace {

using nlohmann::json;

struct Architecture {
  std::int64_t channels, patch;
};
const std::map<std::string, Architecture> kArchitectures = {
    {"vits16", {384, 16}}, {"vits8", {384, 8}}, {"vitb16", {768, 16}}, {"vitb8", {768, 8}}};

// The table of golden/dino/README.md.
struct Rule {
  double cls, pos, pe, bpe, res, bres, lin, bias, nw, nb;
};
const std::map<std::string, Rule> kRules = {{"A", {1, 0.5, 1, 0.1, 0.5, 0.1, 1.5, 0.1, 0.25, 0.1}},
                                            {"B", {1, 0.05, 1, 0.02, 0.15, 0.02, 1, 0.02, 0.1, 0.02}},
                                            {"C", {0.01, 0.005, 0.01, 0.001, 0.005, 0.001, 1.5, 0.1, 0.25, 0.1}}};

at::Tensor pattern_tensor(const std::string& name, const std::vector<std::int64_t>& shape, const Rule& rule) {
  const auto ends = [&](const char* tail) { return name.ends_with(tail); };
  double fan = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) fan *= double(shape[i]);
  const double spread = std::sqrt(3 / fan);
  const bool norm = name.find("norm") != std::string::npos;
  const bool narrow = name.find("attn.proj.") != std::string::npos || name.find("mlp.fc2.") != std::string::npos;
  double scale = 0;
  if (name == "cls_token")
    scale = rule.cls;
  else if (name == "pos_embed")
    scale = rule.pos;
  else if (norm)
    scale = ends("weight") ? rule.nw : rule.nb;
  else if (name == "patch_embed.proj.weight")
    scale = rule.pe * spread;
  else if (name == "patch_embed.proj.bias")
    scale = rule.bpe;
  else if (ends("weight"))
    scale = (narrow ? rule.res : rule.lin) * spread;
  else
    scale = narrow ? rule.bres : rule.bias;
  const at::Tensor scaled = golden::pattern(name, shape) * at::scalar_tensor(float(scale));
  return norm && ends("weight") ? scaled + 1 : scaled;
}

Weights pattern_weights(const std::string& arch, const Rule& rule) {
  const auto [c, patch] = kArchitectures.at(arch);
  const std::int64_t positions = 1 + (224 / patch) * (224 / patch);
  TensorMap map;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    map.emplace(name, pattern_tensor(name, shape, rule));
  };
  const auto add_pair = [&](const std::string& name, std::vector<std::int64_t> shape) {
    add(name + ".weight", shape);
    add(name + ".bias", {shape[0]});
  };
  add("cls_token", {1, 1, c});
  add("pos_embed", {1, positions, c});
  add_pair("patch_embed.proj", {c, 3, patch, patch});
  for (int i = 0; i < 12; ++i) {
    const std::string block = "blocks." + std::to_string(i) + ".";
    add_pair(block + "norm1", {c});
    add_pair(block + "attn.qkv", {3 * c, c});
    add_pair(block + "attn.proj", {c, c});
    add_pair(block + "norm2", {c});
    add_pair(block + "mlp.fc1", {4 * c, c});
    add_pair(block + "mlp.fc2", {c, 4 * c});
  }
  add_pair("norm", {c});
  return Weights(std::move(map));
}

std::vector<std::uint8_t> read_rgb(const std::string& path, Size& size) {
  cv::Mat image = cv::imread(path, cv::IMREAD_COLOR);
  if (image.empty()) throw std::runtime_error("cannot read " + path);
  cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  size = {image.cols, image.rows};
  return std::vector<std::uint8_t>(image.data, image.data + image.total() * 3);
}

Size size_of(const json& wh) {
  return {wh[0].get<int>(), wh[1].get<int>()};
}

// Float sums of other libraries: 5e-5 absolute, 5e-6 relative (an fp64 run differs by a fifth of that).
void expect_features(const at::Tensor& got, const at::Tensor& expected) {
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
  Size size;
  const auto pixels = read_rgb(folder + "/../images/" + info["image"].get<std::string>(), size);
  const Size first = size_of(info["resize_wh"]), second = size_of(info["network_input_wh"]);
  const auto resized = resize_bytes(pixels.data(), size, 3, first, ResizeFilter::Lanczos);
  EXPECT_EQ(golden::crc32(resized.data(), resized.size()), info["crc32_resized_rgb"].get<std::uint32_t>());
  const auto input = resize_bytes(resized.data(), first, 3, second, ResizeFilter::Lanczos);
  EXPECT_EQ(golden::crc32(input.data(), input.size()), info["crc32_network_input_rgb"].get<std::uint32_t>());

  const at::Tensor image = vit_input(input.data(), second);
  // One rounding of the quotient may differ: 1 ulp of values below 4.
  const at::Tensor coarse = image[0].slice(1, 0, std::nullopt, 13).slice(2, 0, std::nullopt, 13);
  EXPECT_LE((coarse - golden::tensor(file, "input_every13")).abs().max().item<double>(), 2.4e-7);

  const Weights w = pattern_weights(info["arch"], kRules.at(info["rule"]));
  vit_verify(w);
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
      x = vit_block(x, w / "blocks" / i, vit_channels(w) / 64);
      const std::string out = "block" + std::to_string(i) + "_out" + suffix;
      if (tensors.contains(out)) expect_features(every(x[0], step), golden::tensor(file, out));
    }
  }
}

TEST(GoldenDino, PatternWeights) {
  VCL_GOLDEN_FOLDER(folder, "dino");
  const json check = golden::read_json(folder + "/weights_check.json");
  const Weights w = pattern_weights(check["arch"], kRules.at(check["rule"]));
  EXPECT_EQ(w.tensors().size(), check["count"].get<std::size_t>());
  for (const auto& [name, expected] : check["tensors"].items()) {
    const at::Tensor& tensor = w[name];
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
