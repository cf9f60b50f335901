// SPDX-License-Identifier: LGPL-2.1-or-later
// DINOv2 and DINOv3 with pattern weights against the authors' programs (../shared/golden/dinov2 and dinov3, whose
// README.md explains the files): tensors of each architecture, tokens, projections, and MaskCut on them.
#include <cmath>
#include <cstdio>
#include <optional>

#include "engine_golden.hpp"
#include "libvcl/engine/device.hpp"
#include "libvcl/engine/dino/preprocess.hpp"
#include "libvcl/engine/dino/vit.hpp"
#include "libvcl/engine/dino/vit_rope.hpp"
#include "libvcl/engine/maskcut/maskcut.hpp"
#include "libvcl/engine/maskcut/ncut.hpp"
#include "libvcl/engine/nn/layers.hpp"
#include "picture.hpp"
#include "vcl/error.hpp"
#include "vcl/mask.hpp"
#include "vcl/model.hpp"
#include "vcl/resize.hpp"

namespace vcl {
namespace {

using nlohmann::json;

/// Our name of an architecture: those of the families are the same.
std::string architecture_in(const std::string& family, const std::string& name) {
  return family + "_" + name;
}

at::Tensor pattern_of(const std::string& name, const std::vector<std::int64_t>& shape, char rule) {
  return at::tensor(pattern_tensor(golden::seed(), name, shape, rule, true)).view(shape);
}

/// What the case says about the tensors that files of one architecture hold differently.
at::Tensor own_tensor(const std::string& name, at::Tensor pattern, const json& info, const json& rules) {
  if (name == "rope_embed.periods" && info.contains("periods"))
    return at::tensor(rules["periods"][info["periods"].get<std::string>()].get<std::vector<float>>());
  if (name.ends_with("bias_mask") && info.contains("bias_mask_thirds")) {
    const auto parts = pattern.chunk(3);
    for (std::size_t i = 0; i < 3; ++i) at::Tensor(parts[i]).fill_(info["bias_mask_thirds"][i].get<float>());
  }
  return pattern;
}

class DinoSuccessor : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    folder_ = golden::find_folder(family());
    if (folder_.empty()) GTEST_SKIP() << "no reference numbers in ../shared/golden/" << family();
    rules_ = golden::read_json(folder_ + "/weights.json");
  }
  std::string family() const { return GetParam(); }

  Weights weights(const json& info) const {
    const at::Device device = open_exact_device(golden::device());
    TensorMap map;
    for (const auto& [name, shape] : official_tensors(architecture_in(family(), info["arch"]))) {
      const at::Tensor pattern = pattern_of(name, shape, info["rule"].get<std::string>().at(0));
      map.emplace(name, own_tensor(name, pattern, info, rules_).to(device));
    }
    return Weights(std::move(map));
  }

  /// The input of the network, checked on its way from the picture.
  at::Tensor image(const json& info, Size first) const {
    const auto [size, pixels] = golden::read_rgb(folder_ + "/" + info["image"].get<std::string>());
    const Size second{info["network_input_wh"][0].get<int>(), info["network_input_wh"][1].get<int>()};
    const auto resized = resize_bytes(pixels.data(), size, 3, first, ResizeFilter::Lanczos);
    EXPECT_EQ(golden::crc32(resized.data(), resized.size()), info["crc32_resized_rgb"].get<std::uint32_t>());
    const auto input = resize_bytes(resized.data(), first, 3, second, ResizeFilter::Lanczos);
    EXPECT_EQ(golden::crc32(input.data(), input.size()), info["crc32_network_input_rgb"].get<std::uint32_t>());
    return vit_input(input.data(), second);
  }

  std::string folder_;
  json rules_;
};

/// Compares tokens [T, C] with an entry of the files, which states its own tolerances.
void expect_tokens(const at::Tensor& computed, const json& entry, const SafetensorsFile& file) {
  SCOPED_TRACE(entry["tensor"].get<std::string>());
  const at::Tensor got = computed.cpu().to(at::kFloat);
  ASSERT_EQ(got.size(0), entry["n_tokens"].get<std::int64_t>());
  ASSERT_EQ(got.size(1), entry["channels"].get<std::int64_t>());
  const at::Tensor expected = golden::tensor(file, entry["tensor"]);
  const at::Tensor some = got.slice(0, 0, std::nullopt, entry["token_step"].get<std::int64_t>());
  ASSERT_EQ(some.sizes(), expected.sizes());
  EXPECT_LE((some - expected).abs().max().item<double>(), entry["abs_tol"].get<double>());
  EXPECT_LE(((some - expected).norm() / expected.norm()).item<double>(), entry["rel_l2_tol"].get<double>());

  const at::Tensor all = got.to(at::kDouble);
  if (entry.contains("projection")) {
    const at::Tensor direction =
        at::tensor(pattern_values(entry["projection_seed"], entry["projection_name"], std::size_t(got.size(1))))
            .to(at::kDouble);
    const at::Tensor projected = golden::tensor(file, entry["projection"]);
    EXPECT_LE((all.matmul(direction) - projected).abs().max().item<double>(),
              entry["projection_abs_tol"].get<double>());
  }
  const double deviation = entry["std"], length = entry["l2"], tolerance = entry["stats_rel_tol"];
  EXPECT_NEAR(all.mean().item<double>(), entry["mean"].get<double>(), tolerance * deviation);
  EXPECT_NEAR(all.std(false).item<double>(), deviation, tolerance * deviation);
  EXPECT_NEAR(all.norm().item<double>(), length, tolerance * length);
}

at::Tensor tokens_of_kind(const at::Tensor& tokens, const std::string& kind, std::int64_t extra) {
  if (kind == "patch") return tokens.slice(0, extra);
  if (kind == "cls") return tokens.slice(0, 0, 1);
  if (kind == "registers") return tokens.slice(0, 1, extra);
  EXPECT_EQ(kind, "all");
  return tokens;
}

/// Tokens after so many blocks, all of them, [1, T, C].
at::Tensor after_blocks(const at::Tensor& image, const Weights& w, int count) {
  at::Tensor x = vit_tokens(image, w);
  for (int i = 0; i < count; ++i) x = vit_block(x, w / "blocks" / i, vit_blocks(image, w));
  return x;
}

/// A projection of all tokens of a block, [T, C].
at::Tensor projection(const at::Tensor& image, const Weights& w, int block, int third, bool turned) {
  const VitBlocks blocks = vit_blocks(image, w);
  const Weights here = w / "blocks" / block;
  const at::Tensor x = layer_norm(after_blocks(image, w, block), here / "norm1", blocks.norm_epsilon);
  const at::Tensor all = vit_projection(x, here / "attn" / "qkv", third);
  if (!turned) return all[0];
  const at::Tensor heads = all.unflatten(2, {blocks.heads, -1}).transpose(1, 2);
  return vit_turned(heads, blocks.turns).transpose(1, 2).flatten(2)[0];
}

/// The patches' own features as users get them, as tokens [T, C].
at::Tensor features(const at::Tensor& image, const Weights& w, Facet facet, int layer) {
  return vit_features(image, w, {}, facet, nullptr, layer)[0].flatten(1).t();
}

at::Tensor quantity(const at::Tensor& image, const Weights& w, const json& entry) {
  const std::string name = entry["quantity"];
  if (name == "embed") return vit_tokens(image, w)[0];
  if (name == "pos")
    return at::cat({at::zeros({vit_extra_tokens(w) - 1, vit_channels(w)}), vit_positions(image, w)[0].cpu()});
  const at::Tensor turns = vit_blocks(image, w).turns;
  if (name == "rope_sin") return at::cat({at::zeros({vit_extra_tokens(w), turns.size(2)}), turns[0].cpu()});
  if (name == "rope_cos") return at::cat({at::zeros({vit_extra_tokens(w), turns.size(2)}), turns[1].cpu()});
  const int block = entry["block"];
  if (name == "block") {
    const at::Tensor x = after_blocks(image, w, block + 1);
    const bool norm = entry["norm"];
    return (norm ? layer_norm(x, w / "norm", vit_blocks(image, w).norm_epsilon) : x)[0];
  }
  const bool turned = entry.contains("rope") && entry["rope"].is_boolean() && entry["rope"].get<bool>();
  return projection(image, w, block, name == "q" ? 0 : name == "k" ? 1 : 2, turned);
}

/// What the public features give for this entry, where they give it.
void expect_public_features(const at::Tensor& image, const Weights& w, const json& entry, const SafetensorsFile& file) {
  const std::string name = entry["quantity"];
  const bool turned = entry.contains("rope") && entry["rope"].is_boolean() && entry["rope"].get<bool>();
  if (entry["tokens"] != "patch" || turned || !entry.contains("block")) return;
  const int block = entry["block"];
  if (name == "q") expect_tokens(features(image, w, Facet::Query, block), entry, file);
  if (name == "k") expect_tokens(features(image, w, Facet::Key, block), entry, file);
  if (name == "v") expect_tokens(features(image, w, Facet::Value, block), entry, file);
  if (name == "block" && entry["norm"].get<bool>()) expect_tokens(features(image, w, Facet::Token, block), entry, file);
}

TEST_P(DinoSuccessor, HasTheTensorsOfItsArchitectures) {
  const json architectures = golden::read_json(folder_ + "/keys.json");
  for (const auto& [name, keys] : architectures.items()) {
    SCOPED_TRACE(name);
    TensorShapes expected;
    for (const json& tensor : keys["tensors"]) {
      expected.emplace(tensor[0].get<std::string>(), tensor[1].get<std::vector<std::int64_t>>());
    }
    EXPECT_EQ(expected.size(), keys["count"].get<std::size_t>());
    EXPECT_EQ(official_tensors(architecture_in(family(), name)), expected);
    EXPECT_TRUE(tensor_problems(expected, vit_tensors_like(expected)).empty());
  }
}

/// The tensors of a model as a file from Hugging Face holds them; `names` lists [theirs, ours, third or -1].
TensorMap named_by_hugging_face(const json& names, const TensorMap& ours) {
  TensorMap theirs;
  const auto add = [&](const json& triple, const std::string& block) {
    const auto in_block = [&](std::string name) {
      const std::size_t at = name.find("{i}");
      return at == name.npos ? name : name.replace(at, 3, block);
    };
    const at::Tensor& whole = ours.at(in_block(triple[1].get<std::string>()));
    const int third = triple[2].get<int>();
    theirs[in_block(triple[0].get<std::string>())] =
        third < 0 ? whole : whole.chunk(3)[std::size_t(third)].contiguous();
  };
  for (const json& triple : names["tensors"]) add(triple, "");
  for (int i = 0; i < names["blocks"].get<int>(); ++i)
    for (const json& triple : names["tensors_per_block"]) add(triple, std::to_string(i));
  return theirs;
}

std::string file_of(const TensorMap& tensors) {
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : tensors)
    views[name] = {DType::F32,
                   tensor.sizes().vec(),
                   {static_cast<const std::byte*>(tensor.const_data_ptr()), std::size_t(tensor.nbytes())}};
  const std::string path = testing::TempDir() + "vcl-golden-hugging-face.safetensors";
  write_safetensors(path, views, {});
  return path;
}

// Which error, or none, comes of a changed file.
std::string refusal(const TensorMap& tensors) {
  const std::string path = file_of(tensors);
  try {
    const Model model = load_model(path);
    vit_verify(model.weights);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_P(DinoSuccessor, LoadsFromHuggingFace) {
  constexpr double kSmall = 2e8;  // bytes; larger architectures have the same names
  const json names = golden::read_json(folder_ + "/hf_keys.json"), keys = golden::read_json(folder_ + "/keys.json");
  for (const auto& [name, scheme] : names.items()) {
    if (keys[name]["bytes_float32"].get<double>() > kSmall) continue;
    SCOPED_TRACE(name);
    TensorMap ours;
    for (const auto& [tensor, shape] : official_tensors(architecture_in(family(), name)))
      ours.emplace(tensor, pattern_of(tensor, shape, 'A'));
    TensorMap theirs = named_by_hugging_face(scheme, ours);
    const Model model = load_model(file_of(theirs));
    vit_verify(model.weights);
    for (const auto& [tensor, got] : model.weights.tensors()) {
      at::Tensor expected = ours.at(tensor);
      const auto mask = ours.find(tensor + "_mask");
      if (mask != ours.end()) expected = expected * mask->second;  // the bias that the mask hides is not in the file
      EXPECT_TRUE(got.equal(expected)) << tensor;
    }
    EXPECT_FALSE(model.weights.has("mask_token"));

    TensorMap changed = theirs;
    changed["blocks.0.norm1.weight"] = ours["norm.weight"];
    EXPECT_NE(refusal(changed).find("naming schemes"), std::string::npos);
    changed = theirs;
    changed["surprise"] = ours["norm.weight"];
    EXPECT_NE(refusal(changed).find("surprise"), std::string::npos);
    for (auto& [tensor, value] : changed = theirs)
      if (tensor.find(".norm2.bias") != tensor.npos) value = at::full_like(value, NAN);
    EXPECT_NE(refusal(changed).find("norm2.bias holds"), std::string::npos);
    changed = theirs;
    std::erase_if(changed, [](const auto& tensor) {
      return tensor.first.find("q") != std::string::npos && tensor.first.ends_with(".weight");
    });
    EXPECT_NE(refusal(changed).find("incomplete"), std::string::npos);
  }
  std::remove((testing::TempDir() + "vcl-golden-hugging-face.safetensors").c_str());
}

TEST_P(DinoSuccessor, HasPatternWeights) {
  const json checks = golden::read_json(folder_ + "/weights_check.json");
  for (const json& check : checks) {
    SCOPED_TRACE(check["arch"].get<std::string>() + " " + check["rule"].get<std::string>());
    for (const auto& [name, expected] : check["tensors"].items()) {
      const at::Tensor tensor = pattern_of(name, expected["shape"], check["rule"].get<std::string>().at(0));
      EXPECT_EQ(golden::crc32(static_cast<const std::uint8_t*>(tensor.const_data_ptr()), tensor.nbytes()),
                expected["crc32"].get<std::uint32_t>())
          << name;
    }
  }
}

TEST_P(DinoSuccessor, ComputesTokensAndProjections) {
  const json cases = golden::read_json(folder_ + "/cases.json");
  ASSERT_FALSE(cases.empty());
  for (const auto& [name, info] : cases.items()) {
    SCOPED_TRACE(name);
    const SafetensorsFile file(folder_ + "/" + info["file"].get<std::string>());
    const at::Tensor input = image(info, {info["resize_wh"][0].get<int>(), info["resize_wh"][1].get<int>()});
    const auto step = info["input"]["step"].get<std::int64_t>();
    const at::Tensor coarse = input[0].slice(1, 0, std::nullopt, step).slice(2, 0, std::nullopt, step);
    EXPECT_LE((coarse - golden::tensor(file, info["input"]["tensor"])).abs().max().item<double>(),
              info["input"]["abs_tol"].get<double>());
    const Weights w = weights(info);
    vit_verify(w);
    EXPECT_EQ(vit_extra_tokens(w), 1 + info["registers"].get<int>());
    const at::Tensor moved = input.to(w["cls_token"].device());
    for (const json& entry : info["outputs"]) {
      expect_tokens(tokens_of_kind(quantity(moved, w, entry), entry["tokens"], vit_extra_tokens(w)), entry, file);
      expect_public_features(moved, w, entry, file);
    }
  }
}

at::Tensor cut_features(const at::Tensor& image, const Weights& w, const json& info) {
  const std::string facet = info["facet"];
  const int block = info["block"];
  if (facet == "k_rope") return projection(image, w, block, 1, true).slice(0, vit_extra_tokens(w));
  return features(image, w, facet == "k" ? Facet::Key : Facet::Token, block);
}

PatchMask patches(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kByte).contiguous();
  return PatchMask(flat.const_data_ptr<std::uint8_t>(), flat.const_data_ptr<std::uint8_t>() + flat.numel());
}

void expect_cut(const CutStep& step, const Mask& mask, const json& expected, const json& info,
                const SafetensorsFile& file) {
  const auto tensor = [&](const char* name) { return golden::tensor(file, expected["tensors"][name]); };
  const double lambda2 = expected["lambda2"];
  EXPECT_NEAR(step.eigenvalue, lambda2, info["lambda2_rel_tol"].get<double>() * lambda2);
  const at::Tensor v = tensor("v").flatten();
  EXPECT_LE((at::tensor(step.vector) - v).abs().max().item<double>(),
            info["v_abs_tol_of_max"].get<double>() * v.abs().max().item<double>());
  EXPECT_EQ(step.split.above, patches(tensor("bipartition")));
  EXPECT_EQ(step.component, patches(tensor("component")));
  EXPECT_EQ(step.accepted, patches(tensor("accepted")));
  EXPECT_EQ(step.split.corners, expected["corners"].get<int>());
  EXPECT_EQ(step.split.reversed, expected["reversed"].get<bool>());
  EXPECT_TRUE(step.component[expected["seed"].get<std::size_t>()]);
  if (expected["seed_ties"] == 1) {
    EXPECT_EQ(step.split.seed, expected["seed"].get<int>());
  }
  EXPECT_EQ(step.rejection != CutRejection::None, !expected["rejected"].get<std::string>().empty());
  EXPECT_EQ(golden::crc32(mask.pixels.data(), mask.pixels.size()), expected["out_crc32"].get<std::uint32_t>());
}

TEST_P(DinoSuccessor, IsCutByMaskCut) {
  const json cases = golden::read_json(folder_ + "/maskcut.json");
  ASSERT_FALSE(cases.empty());
  for (const auto& [name, info] : cases.items()) {
    SCOPED_TRACE(name);
    const SafetensorsFile file(folder_ + "/" + info["file"].get<std::string>());
    const Weights w = weights(info);
    const int side = info["fixed_size"];
    const at::Tensor input = image(info, {side, side}).to(w["cls_token"].device());
    const at::Tensor tokens = cut_features(input, w, info);
    expect_tokens(tokens, info["features"], file);
    const Size grid{info["grid_hw"][1].get<int>(), info["grid_hw"][0].get<int>()};
    const MaskCutOptions options{.tau = info["tau"].get<double>(), .masks = info["N"].get<int>()};
    const at::Tensor map = tokens.t().reshape({tokens.size(1), grid.height, grid.width});
    const std::vector<CutStep> steps = maskcut(map, options);
    const std::vector<Mask> masks =
        cut_masks(steps, grid, {info["output_size_hw"][1].get<int>(), info["output_size_hw"][0].get<int>()});
    const json& expected = info["iterations"];
    ASSERT_EQ(steps.size(), expected.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      SCOPED_TRACE("iteration " + std::to_string(i));
      expect_cut(steps[i], masks[i], expected[i], info, file);
    }
    const EdgeMatrix edges(map.flatten(1), options.tau);
    EXPECT_EQ(edges.times(at::ones({edges.patches()}, at::kDouble)).sum().item<double>(),
              expected[0]["edges"].get<double>());
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, DinoSuccessor, testing::Values("dinov2", "dinov3"),
                         [](const auto& family) { return std::string(family.param); });

}  // namespace
}  // namespace vcl
