// SPDX-License-Identifier: LGPL-2.1-or-later
// VideoMask2Former, module by module, against the authors' numbers (tests/golden/data/video/README.md, which states
// each case's inputs).
#include <filesystem>

#include "libvcl/engine/nn/deformable_attention.hpp"
#include "libvcl/engine/nn/deformable_sampling.hpp"
#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/nn/positions.hpp"
#include "libvcl/engine/nn/resnet.hpp"
#include "libvcl/engine/video/pixel_decoder.hpp"
#include "libvcl/engine/video/transformer_decoder.hpp"
#include "video_case.hpp"

namespace vcl {
namespace {

using golden::Case;
using golden::input;
using golden::kDeep;
using golden::kModule;

const VideoConfig kR50;  // the defaults are the published network
constexpr double kTiny = 1.0 / 256;

// Shapes of inputs that the README states and no json does.
const std::vector<GridSize> kLevels = {{2, 3}, {4, 5}, {7, 9}};
constexpr std::int64_t kCells = 6 + 20 + 63, kChannels = 256;

class VideoGolden : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = golden::folder("video");
    if (folder_.empty()) GTEST_SKIP() << "$VCL_GOLDEN_DIR has no folder video";
  }
  Weights network(const std::vector<std::string>& zero = {}) const { return golden::video_network(zero); }
  Weights decoder() const { return network() / "sem_seg_head" / "predictor"; }
  Weights pixels() const { return network() / "sem_seg_head" / "pixel_decoder"; }
  static Weights encoder(const Weights& network, int layer) {
    return network / "sem_seg_head" / "pixel_decoder" / "transformer" / "encoder" / "layers" / layer;
  }
  std::string folder_;
  const c10::InferenceMode no_gradients_;
};

TEST_F(VideoGolden, EveryCaseHasItsTest) {
  // The last four are training's.
  const std::set<std::string> known = {"resnet",        "msda_core",     "msda",  "pos",       "encoder_layer",
                                       "pixel_decoder", "decoder_layer", "heads", "predictor", "loss",
                                       "loss12544",     "train",         "optim"};
  const nlohmann::json clips = golden::read_json(folder_ + "/results.json");
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    const std::string name = file.path().stem();
    if (file.path().extension() != ".safetensors") continue;
    EXPECT_TRUE(known.contains(name) || clips.contains(name)) << name;
  }
}

TEST_F(VideoGolden, Positions) {
  Case golden(folder_, "pos");
  for (const auto& [name, entry] : golden.json().at("tensors").items()) {
    const auto shape = golden.shape(name);
    const at::Tensor like = at::empty({0});
    golden.compare(name,
                   shape.size() == 4 ? sine_position_2d(shape[1], shape[2], shape[3], like)
                                     : sine_position_3d(shape[2], shape[1], shape[3], shape[4], like),
                   kModule);
  }
  golden.expect_complete();
}

TEST_F(VideoGolden, DeformableSampling) {
  const at::Tensor value = input("msda_core/value", {2, kCells, 8, 32}),
                   locations = input("msda_core/loc", {2, 20, 8, 3, 4, 2}, .75, .5),
                   weights = input("msda_core/w", {2, 20, 8, 3, 4}, .5, .5);
  Case golden(folder_, "msda_core");
  golden.compare("out", deformable_sample(value, kLevels, locations, weights), kModule);
  golden.compare("out", deformable_sample_by_grids(value, kLevels, locations, weights), kModule);
  golden.expect_complete();
}

TEST_F(VideoGolden, DeformableAttention) {
  Case golden(folder_, "msda");
  const at::Tensor query = input("msda/query", {2, kCells, kChannels}),
                   in = input("msda/input", {2, kCells, kChannels});
  const Weights w = encoder(network(), 1) / "self_attn";
  const auto samples = deformable_samples(query, kLevels, w, kR50.heads, kR50.encoder_points);
  golden.compare("sampling_locations", samples.locations, kModule);
  golden.compare("attention_weights", samples.weights, kModule);
  golden.compare("out", deformable_attention(query, in, kLevels, w, kR50.heads, kR50.encoder_points), kModule);
  golden.expect_complete();
}

TEST_F(VideoGolden, EncoderLayer) {
  Case golden(folder_, "encoder_layer");
  const at::Tensor src = input("encoder_layer/src", {1, kCells, kChannels}),
                   pos = input("encoder_layer/pos", {1, kCells, kChannels});
  const auto compare = [&](const std::string& prefix, const at::Tensor& in, const Weights& w) {
    golden.compare(prefix + "norm1", encoder_attention(in, pos, kLevels, w, kR50), kModule);
    golden.compare(prefix + "out", encoder_layer(in, pos, kLevels, w, kR50), kModule);
  };
  compare("", src, encoder(network(), 0));
  const std::string attention = "sem_seg_head.pixel_decoder.transformer.encoder.layers.0.self_attn.";
  const Weights w = network({attention + "value_proj.bias", attention + "output_proj.bias"});
  compare("tiny_", src * kTiny, encoder(w, 0));
  golden.expect_complete();
}

TEST_F(VideoGolden, Resnet) {
  for (const bool folded : {false, true}) {
    SCOPED_TRACE(folded ? "batch norms folded into the convolutions" : "batch norms as they are");
    Case golden(folder_, "resnet");
    Weights w = network();
    if (folded) prepare_for_inference(w);
    EXPECT_EQ(w.has("backbone.stem.conv1.norm"), !folded);
    const auto shape = golden.shape("input");
    const at::Tensor images = golden::read_clip(folder_, {"frames/resnet_f0.png"}, shape[2], shape[3]);
    golden.compare("input", images, kModule);
    golden.compare("stem", resnet_stem(images, w / "backbone" / "stem", kR50.stem_pool, false), kDeep);
    const auto features = resnet(images, w / "backbone", kR50.stem_pool, false);
    for (std::size_t i = 1; i < features.size(); ++i) golden.compare("res" + std::to_string(i + 1), features[i], kDeep);
    golden.expect_complete();
  }
}

TEST_F(VideoGolden, PixelDecoder) {
  Case golden(folder_, "pixel_decoder");
  const auto finest = golden.shape("mask_features");
  std::vector<at::Tensor> features;
  for (int level = 0; level < 4; ++level)
    features.push_back(input("pixel_decoder/res" + std::to_string(level + 2),
                             {finest[0], kChannels << level, finest[2] >> level, finest[3] >> level}));
  const FrameFeatures out = pixel_decoder(features, pixels(), kR50);
  golden.compare("mask_features", out.mask_features, kDeep);
  for (std::size_t i = 0; i < out.levels.size(); ++i) golden.compare("ms" + std::to_string(i), out.levels[i], kDeep);
  golden.expect_complete();
}

TEST_F(VideoGolden, DecoderLayer) {
  constexpr int kLayer = 4;
  constexpr std::int64_t kMemory = 24;
  Case golden(folder_, "decoder_layer");
  const auto shape = golden.shape("cross");
  const std::int64_t queries = shape[0], clips = shape[1];
  const auto sequence = [&](const std::string& name, std::int64_t length) {
    return input("decoder_layer/" + name, {length, clips, kChannels}).transpose(0, 1);
  };
  at::Tensor attend = input("decoder_layer/mask", {clips, queries, kMemory}).ge(0.25);
  attend[0][3] = true;  // blocked everywhere in the case: the rule of fully blocked queries frees them
  attend[1][50] = true;
  const auto part = [](const Weights& w, const char* name) {
    return w / "sem_seg_head" / "predictor" / ("transformer_" + std::string(name) + "_layers") / kLayer;
  };
  const at::Tensor query = sequence("query", queries), query_pos = sequence("query_embed", queries),
                   memory = sequence("memory", kMemory), memory_pos = sequence("pos", kMemory);
  const Weights w = network();
  const auto cross = [&](double scale, const Weights& layer) {
    const LayerMemory made = layer_memory(memory * scale, memory * scale + memory_pos, layer);
    return cross_attention(query * scale, query_pos, made, attend, layer, kR50.heads);
  };
  at::Tensor x = cross(1, part(w, "cross_attention"));
  golden.compare("cross", x.transpose(0, 1), kModule);
  x = self_attention(x, query_pos, part(w, "self_attention"), kR50.heads);
  golden.compare("self", x.transpose(0, 1), kModule);
  golden.compare("ffn", feed_forward(x, part(w, "ffn")).transpose(0, 1), kModule);

  const std::string name = "sem_seg_head.predictor.transformer_cross_attention_layers.4.multihead_attn.";
  const Weights tiny = part(network({name + "in_proj_bias", name + "out_proj.bias"}), "cross_attention");
  x = cross(kTiny, tiny);
  golden.compare("tiny_cross", x.transpose(0, 1), kModule);
  golden.expect_complete();
}

TEST_F(VideoGolden, Heads) {
  constexpr std::int64_t kHeight = 3, kWidth = 5;  // of the attention mask
  Case golden(folder_, "heads");
  const auto shape = golden.shape("masks");  // [B, Q, T, h, w]
  const at::Tensor query = input("heads/query", {shape[1], shape[0], kChannels}).transpose(0, 1);
  const at::Tensor features = input("heads/mask_features", {shape[0], shape[2], kChannels, shape[3], shape[4]}, .25);
  const Weights w = decoder();
  const MaskBasis basis = mask_basis(features, w);
  const Prediction out = predict(query, basis, w);
  golden.compare("class", out.classes, kModule);
  golden.compare("masks", out.masks, kModule);
  golden.compare("tiny_class", predict(query * kTiny, basis, w).classes, kModule);
  const at::Tensor blocked = golden.stored("attn_blocked").to(at::kBool);
  const at::Tensor expected = blocked.logical_not().logical_or(blocked.all(-1, true));
  EXPECT_TRUE(at::equal(attention_mask(out.queries, resized(basis, kHeight, kWidth), w).cpu(), expected));
  golden.expect_complete();
}

TEST_F(VideoGolden, Predictor) {
  Case golden(folder_, "predictor");
  const auto shape = golden.shape("masks_0");  // [B, some queries, T, H / 4, W / 4]
  const std::int64_t images = shape[0] * shape[2];
  const auto map = [&](const std::string& name, int stride, double a) {
    return input("predictor/" + name, {images, kChannels, shape[3] / stride, shape[4] / stride}, a);
  };
  const FrameFeatures features = {{map("x0", 8, 1), map("x1", 4, 1), map("x2", 2, 1)}, map("mask_features", 1, .25)};
  const Weights w = decoder();
  const FrameMemory memory = frame_memory(features, w);
  const auto predictions = transformer_decoder(std::vector{&memory}, shape[0], w, kR50, true);
  golden::compare_predictions(golden, predictions, features, w);
  golden.expect_complete();
}

}  // namespace
}  // namespace vcl
