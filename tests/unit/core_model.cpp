// SPDX-License-Identifier: LGPL-2.1-or-later
// Which tensors models should hold, and models made from a formula.
#include "vcl/model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <span>

#include "core_random.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

std::int64_t value_count(const TensorShapes& shapes) {
  std::int64_t count = 0;
  for (const auto& [name, shape] : shapes)
    count += std::accumulate(shape.begin(), shape.end(), std::int64_t(1), std::multiplies<>());
  return count;
}

// Counts of method.md 1.1, 1.5, 5.2 and 5.5, and of tests/golden/data/video/keys.json.
TEST(OfficialTensors, AreAsManyAsThePapersCheckpointsHold) {
  const std::map<std::string, std::pair<std::size_t, std::int64_t>> expected = {
      {"vits16", {150, 21665664}},
      {"vits8", {150, 21670272}},
      {"vitb16", {150, 85798656}},
      {"vitb8", {150, 85807872}},
      {"dinov2_vits14", {175, 22056576}},
      {"dinov2_vits14_reg", {176, 22058112}},
      {"dinov2_vitb14", {175, 86580480}},
      {"dinov2_vitb14_reg", {176, 86583552}},
      {"dinov2_vitl14", {343, 304368640}},
      {"dinov2_vitl14_reg", {344, 304372736}},
      // With the bias masks and periods, which are no parameters.
      {"dinov3_vits16", {188, 21601152 + 12 * 1152 + 16}},
      {"dinov3_vits16plus", {212, 28697472 + 12 * 1152 + 16}},
      {"dinov3_vitb16", {188, 85669632 + 12 * 2304 + 16}},
      {"dinov3_vitl16", {368, 303154176 + 24 * 3072 + 16}},
      {"resnet50", {265, 23454912 + 106240}},
      {"video_mask2former_r50", {558, 43949954 + 106242}}};
  ASSERT_EQ(official_architectures().size(), expected.size());
  for (const auto& [name, counts] : expected) {
    const TensorShapes shapes = official_tensors(name);
    EXPECT_EQ(shapes.size(), counts.first) << name;
    EXPECT_EQ(value_count(shapes), counts.second) << name;
  }
  EXPECT_THROW(official_tensors("resnet"), Error);
}

TEST(TensorProblems, NameEveryTensorThatIsWrong) {
  const TensorShapes expected = official_tensors("vits16");
  EXPECT_TRUE(tensor_problems(expected, expected).empty());
  TensorShapes wrong = expected;
  wrong.erase("norm.bias");
  wrong["blocks.3.attn.qkv.weight"] = {384, 384};
  wrong["surprise.weight"] = {5};
  wrong["head.weight"] = wrong["mask_token"] = {5};  // of training, whatever their shape
  wrong["cls_token"] = {};
  const std::vector<std::string> problems = tensor_problems(wrong, expected);
  ASSERT_EQ(problems.size(), 4u);
  EXPECT_EQ(problems[0], "blocks.3.attn.qkv.weight has shape [384, 384] instead of [1152, 384]");
  EXPECT_EQ(problems[1], "cls_token has shape [] instead of [1, 1, 384]");
  EXPECT_EQ(problems[2], "norm.bias is missing: it should be there with shape [384]");
  EXPECT_EQ(problems[3], "surprise.weight is unexpected: it has shape [5]");
}

TEST(TensorProblems, DoNotMissTheLosssWeightOfClasses) {
  const TensorShapes official = official_tensors("video_mask2former_r50");
  TensorShapes without = official;
  ASSERT_EQ(without.erase("criterion.empty_weight"), 1u);
  EXPECT_TRUE(tensor_problems(without, official).empty());
  EXPECT_TRUE(tensor_problems(official, official).empty());
}

// Shapes only: files of B and L would take gigabytes.
TEST(VitTensorsLike, RecognizesTheSuccessorsOfDinoByTheirTensors) {
  for (const std::string& name : official_architectures()) {
    if (!name.starts_with("dinov")) continue;
    SCOPED_TRACE(name);
    const TensorShapes official = official_tensors(name);
    EXPECT_EQ(architecture_of(configuration_of(official)), "dino_vit");
    TensorShapes like = vit_tensors_like(official);
    EXPECT_EQ(like.size() + 1, official.size()) << "all but mask_token";
    EXPECT_TRUE(tensor_problems(official, like).empty());
    TensorShapes lacking = official, more = official, plain = official;
    lacking.erase("blocks.3.ls2.gamma");
    EXPECT_EQ(tensor_problems(lacking, vit_tensors_like(lacking)).size(), 1u);
    more["blocks.0.mlp.w12.weight"] = {1};
    EXPECT_EQ(tensor_problems(more, vit_tensors_like(more)).size(), 1u);
    const auto patch = official.at("patch_embed.proj.weight")[3];
    plain["patch_embed.proj.weight"][2] = patch + 1;
    EXPECT_EQ(tensor_problems(plain, vit_tensors_like(plain)).size(), 1u) << "patches are squares";
    if (!name.starts_with("dinov3")) continue;
    lacking = official;
    lacking.erase("blocks.3.attn.qkv.bias_mask");  // the others of this file mask
    EXPECT_EQ(tensor_problems(lacking, vit_tensors_like(lacking)).size(), 1u);
    std::erase_if(lacking, [](const auto& tensor) { return tensor.first.ends_with("bias_mask"); });
    lacking.erase("rope_embed.periods");
    EXPECT_TRUE(tensor_problems(lacking, official).empty()) << "as Hugging Face's files";
  }
}

TEST(IsFinite, LooksAtAllBitsOfEachType) {
  const auto view = [](DType dtype, const auto& values) {
    return TensorView{dtype, {std::int64_t(std::size(values))}, std::as_bytes(std::span(values))};
  };
  const float good[] = {0, -1, 3e38F}, nan[] = {0, NAN}, infinite[] = {-INFINITY};
  const double wide[] = {1, NAN};
  const std::uint16_t halves[] = {0x7BFF, 0xFC00}, brains[] = {0x7F7F, 0x7FC0};
  const std::uint8_t bytes[] = {255, 255, 255, 255};
  EXPECT_TRUE(is_finite(view(DType::F32, good)));
  EXPECT_TRUE(is_finite(view(DType::U8, bytes)));
  EXPECT_FALSE(is_finite(view(DType::F32, nan)));
  EXPECT_FALSE(is_finite(view(DType::F32, infinite)));
  EXPECT_FALSE(is_finite(view(DType::F64, wide)));
  EXPECT_FALSE(is_finite(view(DType::F16, halves)));
  EXPECT_FALSE(is_finite(view(DType::BF16, brains)));
}

TEST(VitTensorsLike, TellsTheSizesOfOfficialNetworksAndNotesGaps) {
  for (const char* name : {"vits16", "vits8", "vitb16", "vitb8"}) {
    TensorShapes shapes = official_tensors(name);
    EXPECT_EQ(vit_tensors_like(shapes), shapes);
    EXPECT_NE(configuration_of(shapes).find("dino_vit"), std::string::npos);
    shapes.erase("blocks.11.mlp.fc2.bias");
    EXPECT_EQ(tensor_problems(shapes, vit_tensors_like(shapes)).size(), 1u);
    shapes.erase("blocks.5.norm1.weight");  // the rest of 5 to 11 is then unexpected
    EXPECT_GE(tensor_problems(shapes, vit_tensors_like(shapes)).size(), 1u);
    shapes["pos_embed"] = {1, 1, 384};
    EXPECT_TRUE(vit_tensors_like(shapes).empty());
  }
  EXPECT_TRUE(vit_tensors_like({}).empty());
  const std::int64_t absurd = std::int64_t(1) << 62;  // a tensor without elements, which a file may hold
  TensorShapes shapes = official_tensors("vits16");
  shapes["cls_token"] = {0, 1, absurd};
  EXPECT_TRUE(vit_tensors_like(shapes).empty());
  EXPECT_EQ(configuration_of({}), "");
  EXPECT_EQ(architecture_of(configuration_of(official_tensors("video_mask2former_r50"))), "video_mask2former");
  EXPECT_EQ(architecture_of(configuration_of(official_tensors("resnet50"))), "dino_resnet");
  TensorShapes detector = official_tensors("resnet50");
  detector["proposal_generator.weight"] = {1};
  EXPECT_EQ(configuration_of(detector), "") << "a network of another kind has such a backbone, too";
  for (const char* text : {"", "[]", "{}", "{\"architecture\":3}", "no"}) EXPECT_EQ(architecture_of(text), "");
}

TEST(PatternModel, IsTheSameEverywhere) {
  // Three values of the formula, worked out apart from the code.
  EXPECT_EQ(pattern_values("0", "cls_token", 3),
            (std::vector<float>{float(5174459 / 8388608.0 - 1), float(10223357 / 8388608.0 - 1),
                                float(12400171 / 8388608.0 - 1)}));
  EXPECT_NE(pattern_values("0", "cls_token", 2), pattern_values("1", "cls_token", 2));
  const std::vector<float> many = pattern_values("x", "y", 10000);
  const double mean = std::accumulate(many.begin(), many.end(), 0.0) / 10000;
  EXPECT_NEAR(mean, 0, 0.03);
  for (const float value : many) EXPECT_TRUE(value >= -1 && value < 1);
}

TEST(PatternModel, IsACompleteModelFile) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("p.safetensors");
  write_pattern_model(path, "vits16", "0", 'B');
  const SafetensorsFile file(path);
  const TensorShapes shapes = tensor_shapes(file.tensors());
  EXPECT_TRUE(tensor_problems(shapes, official_tensors("vits16")).empty());
  EXPECT_EQ(architecture_of(file.metadata().at("vcl")), "dino_vit");
  const std::vector<float> expected = pattern_tensor("0", "norm.bias", {384}, 'B');
  EXPECT_EQ(std::memcmp(file.at("norm.bias").bytes.data(), expected.data(), expected.size() * sizeof(float)), 0);
  EXPECT_THROW(write_pattern_model(path, "vits16", "0", 'D'), Error);
  EXPECT_THROW(write_pattern_model(path, "resnet50", "0", 'A'), Error) << "only vision transformers have rules";
  EXPECT_THROW(write_pattern_model(path, "nothing", "0", 'A'), Error);
  EXPECT_THROW(write_pattern_model(folder.file("none/p.safetensors"), "vits16", "0", 'A'), Error);
}

}  // namespace
}  // namespace vcl
