// SPDX-License-Identifier: LGPL-2.1-or-later
// VideoMask2Former against the authors' numbers (golden/video): |x - golden| <= tol * std(golden), tolerances of its
// README: 2e-5 for single modules, 2e-4 where many layers follow each other.
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/nn/deformable_attention.hpp"
#include "engine/nn/layers.hpp"
#include "engine/nn/positions.hpp"
#include "engine/nn/resnet.hpp"
#include "engine/stream/mask_upsampling.hpp"
#include "engine/video/pixel_decoder.hpp"
#include "engine/video/transformer_decoder.hpp"
#include "engine_golden.hpp"
#include "vcl/mask.hpp"

namespace vcl {
namespace {

constexpr double kModule = 2e-5, kDeep = 2e-4;
const VideoConfig kR50;  // the defaults are the published network
const std::vector<GridSize> kLevels = {{2, 3}, {4, 5}, {7, 9}};

/// One case's reference file; check() compares a tensor with the stored sample of it.
class Case {
 public:
  Case(const std::string& folder, const std::string& name)
      : json_(golden::read_json(folder + "/" + name + ".json")["tensors"]),
        file_(folder + "/" + name + ".safetensors") {}
  bool has(const std::string& name) const { return json_.contains(name); }
  at::Tensor stored(const std::string& name) const { return golden::tensor(file_, name); }
  void check(const std::string& name, const at::Tensor& x, double tolerance) const {
    SCOPED_TRACE(name);
    const auto& entry = json_.at(name);
    ASSERT_EQ(x.sizes().vec(), entry["shape"].get<std::vector<std::int64_t>>());
    const at::Tensor sample = x.contiguous().flatten().slice(0, 0, std::nullopt, entry["step"].get<std::int64_t>());
    const at::Tensor golden = stored(name).flatten();
    ASSERT_EQ(sample.numel(), golden.numel());
    EXPECT_LE((sample - golden).abs().max().item<double>(), tolerance * entry["std"].get<double>());
  }

 private:
  nlohmann::json json_;
  SafetensorsFile file_;
};

at::Tensor input(const std::string& name, at::IntArrayRef shape, double a = 1, double b = 0) {
  return golden::pattern("in/" + name, shape) * a + b;
}

/// The R50 network with pattern weights; `zero` names the tensors that a case sets to 0.
Weights network(const std::string& folder, const std::vector<std::string>& zero = {}) {
  static const TensorMap tensors = [&] {
    TensorMap map;
    const nlohmann::json keys = golden::read_json(folder + "/keys.json");
    for (const auto& key : keys["state_dict"]) {
      if (!key.contains("a")) continue;
      const std::string name = key["name"];
      map[name] = golden::pattern(name, key["shape"].get<std::vector<std::int64_t>>()) * key["a"].get<float>() +
                  key["b"].get<float>();
    }
    return map;
  }();
  TensorMap copy = tensors;
  for (const std::string& name : zero) copy.at(name) = at::zeros_like(copy.at(name));
  return Weights(copy);
}

/// RGB frames of a clip, normalised and padded: [T, 3, H, W].
at::Tensor read_clip(const std::string& folder, const nlohmann::json& clip) {
  std::vector<at::Tensor> frames;
  for (const std::string name : clip["input"]) {
    cv::Mat image = cv::imread(folder + "/" + name, cv::IMREAD_COLOR);
    cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
    frames.push_back(
        at::from_blob(image.data, {image.rows, image.cols, 3}, at::kByte).permute({2, 0, 1}).to(at::kFloat));
  }
  const at::Tensor images = normalise_images(at::stack(frames));
  const std::int64_t height = clip["padded_size"][0], width = clip["padded_size"][1];
  return at::constant_pad_nd(images, {0, width - images.size(3), 0, height - images.size(2)});
}

class VideoGolden : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = golden::folder("video");
    if (folder_.empty()) GTEST_SKIP() << "no folder golden/video: set VCL_GOLDEN_DIR";
  }
  Weights decoder(const std::vector<std::string>& zero = {}) {
    return network(folder_, zero) / "sem_seg_head" / "predictor";
  }
  Weights pixels(const std::vector<std::string>& zero = {}) {
    return network(folder_, zero) / "sem_seg_head" / "pixel_decoder";
  }
  at::Tensor resnet_input() {
    const auto shape = golden::read_json(folder_ + "/resnet.json")["tensors"]["input"]["shape"];
    return read_clip(folder_, {{"input", {"frames/resnet_f0.png"}}, {"padded_size", {shape[2], shape[3]}}});
  }
  std::string folder_;
  const c10::InferenceMode no_gradients_;
};

TEST_F(VideoGolden, Positions) {
  const Case pos(folder_, "pos");
  const nlohmann::json cases = golden::read_json(folder_ + "/pos.json")["tensors"];
  for (const auto& [name, entry] : cases.items()) {
    const auto shape = entry["shape"].get<std::vector<std::int64_t>>();
    const at::Tensor like = at::empty({0});
    pos.check(name,
              shape.size() == 4 ? sine_position_2d(shape[1], shape[2], shape[3], like)
                                : sine_position_3d(shape[2], shape[1], shape[3], shape[4], like),
              kModule);
  }
}

TEST_F(VideoGolden, DeformableSampling) {
  const at::Tensor out = deformable_sample(input("msda_core/value", {2, 89, 8, 32}), kLevels,
                                           input("msda_core/loc", {2, 20, 8, 3, 4, 2}, .75, .5),
                                           input("msda_core/w", {2, 20, 8, 3, 4}, .5, .5));
  Case(folder_, "msda_core").check("out", out, kModule);
}

TEST_F(VideoGolden, DeformableAttention) {
  const at::Tensor out = deformable_attention(
      input("msda/query", {2, 89, 256}), input("msda/input", {2, 89, 256}), kLevels,
      pixels() / "transformer" / "encoder" / "layers" / 1 / "self_attn", kR50.heads, kR50.encoder_points);
  Case(folder_, "msda").check("out", out, kModule);
}

TEST_F(VideoGolden, EncoderLayer) {
  const Case golden(folder_, "encoder_layer");
  const at::Tensor src = input("encoder_layer/src", {1, 89, 256}), pos = input("encoder_layer/pos", {1, 89, 256});
  const auto layer = [](const Weights& w) { return w / "transformer" / "encoder" / "layers" / 0; };
  golden.check("out", encoder_layer(src, pos, kLevels, layer(pixels()), kR50), kModule);
  const std::string name = "sem_seg_head.pixel_decoder.transformer.encoder.layers.0.self_attn.";
  const Weights plain = pixels({name + "value_proj.bias", name + "output_proj.bias"});
  golden.check("tiny_out", encoder_layer(src / 256, pos, kLevels, layer(plain), kR50), kModule);
}

TEST_F(VideoGolden, Resnet) {
  const Case golden(folder_, "resnet");
  const auto features = resnet(resnet_input(), network(folder_) / "backbone", kR50.stem_pool, false);
  for (int i = 0; i < 4; ++i) golden.check("res" + std::to_string(i + 2), features[i], kDeep);
}

TEST_F(VideoGolden, FoldedBatchNormsChangeNothing) {
  const Case golden(folder_, "resnet");
  const Weights w = network(folder_);
  fold_batch_norms(w);
  EXPECT_FALSE(w.has("backbone.stem.conv1.norm"));
  const auto features = resnet(resnet_input(), w / "backbone", kR50.stem_pool, false);
  for (int i = 0; i < 4; ++i) golden.check("res" + std::to_string(i + 2), features[i], kDeep);
}

TEST_F(VideoGolden, PixelDecoder) {
  const Case golden(folder_, "pixel_decoder");
  const FrameFeatures out =
      pixel_decoder({input("pixel_decoder/res2", {2, 256, 16, 24}), input("pixel_decoder/res3", {2, 512, 8, 12}),
                     input("pixel_decoder/res4", {2, 1024, 4, 6}), input("pixel_decoder/res5", {2, 2048, 2, 3})},
                    pixels(), kR50);
  golden.check("mask_features", out.mask_features, kDeep);
  for (int i = 0; i < 3; ++i) golden.check("ms" + std::to_string(i), out.levels[i], kDeep);
}

TEST_F(VideoGolden, DecoderLayer) {
  const Case golden(folder_, "decoder_layer");
  const auto sequence = [](const std::string& name, std::int64_t length) {
    return input("decoder_layer/" + name, {length, 2, 256}).transpose(0, 1);
  };
  at::Tensor attend = input("decoder_layer/mask", {2, 100, 24}).ge(0.25);
  attend[0][3] = true;  // blocked everywhere in the case: the rule of fully blocked queries frees them
  attend[1][50] = true;
  const auto run = [&](double scale, const Weights& w) {
    return decoder_layer(sequence("query", 100) * scale, sequence("query_embed", 100), sequence("memory", 24) * scale,
                         sequence("pos", 24), attend, w, 4, kR50.heads)
        .transpose(0, 1);
  };
  golden.check("ffn", run(1, decoder()), kModule);
}

TEST_F(VideoGolden, Heads) {
  const Case golden(folder_, "heads");
  const at::Tensor query = input("heads/query", {100, 2, 256}).transpose(0, 1);
  const at::Tensor features = input("heads/mask_features", {2, 2, 256, 8, 12}, .25);
  const Prediction out = predict(query, features, decoder());
  golden.check("class", out.classes, kModule);
  golden.check("masks", out.masks, kModule);
  golden.check("tiny_class", predict(query / 256, features, decoder()).classes, kModule);
  const at::Tensor blocked = golden.stored("attn_blocked").to(at::kBool);
  const at::Tensor expected = blocked.logical_not().logical_or(blocked.all(-1, true));
  EXPECT_TRUE(at::equal(attention_mask(out.masks, 3, 5), expected));
}

/// Everything that the predictor and clip cases store of the decoder's predictions.
void check_predictions(const Case& golden, const std::vector<Prediction>& predictions) {
  for (std::size_t l = 0; l < predictions.size(); ++l) {
    const std::string index = "_" + std::to_string(l);
    golden.check("class" + index, predictions[l].classes, kDeep);
    const at::Tensor& masks = predictions[l].masks;
    if (golden.has("masks" + index)) golden.check("masks" + index, masks.slice(1, 0, std::nullopt, 10), kDeep);
    const at::Tensor norms = masks.flatten(2).norm(2, 2);
    const at::Tensor stored = golden.stored("mask_qstats" + index).select(2, 2);
    EXPECT_LE(((norms - stored) / stored).abs().max().item<double>(), 1e-4) << "mask_qstats" << index;
  }
}

TEST_F(VideoGolden, Predictor) {
  const FrameFeatures features = {{input("predictor/x0", {6, 256, 2, 3}), input("predictor/x1", {6, 256, 4, 6}),
                                   input("predictor/x2", {6, 256, 8, 12})},
                                  input("predictor/mask_features", {6, 256, 16, 24}, .25)};
  check_predictions(Case(folder_, "predictor"), transformer_decoder(features, 2, decoder(), kR50, true));
}

TEST_F(VideoGolden, Clips) {
  const nlohmann::json results = golden::read_json(folder_ + "/results.json");
  for (const auto& [name, clip] : results.items()) {
    SCOPED_TRACE(name);
    const Case golden(folder_, name);
    const at::Tensor images = read_clip(folder_, clip);
    const Weights w = network(folder_);
    const FrameFeatures features = frame_features(images, w, kR50);
    golden.check("mask_features", features.mask_features, kDeep);
    for (int i = 0; i < 3; ++i) golden.check("ms" + std::to_string(i), features.levels[i], kDeep);
    const auto predictions = decode_clip(features, 1, w, kR50, true);
    check_predictions(golden, predictions);
    const at::Tensor scores = predictions.back().classes[0].softmax(-1).select(1, 0);
    EXPECT_LE((scores - golden.stored("scores_all")).abs().max().item<double>(), 1e-5);

    const Letterbox letterbox = {{clip["output_size"][1], clip["output_size"][0]},
                                 {clip["input_size"][1], clip["input_size"][0]},
                                 {clip["padded_size"][1], clip["padded_size"][0]}};
    for (const auto& instance : clip["instances"]) {
      const std::int64_t query = instance["query"];
      const at::Tensor logits = resize_bilinear(predictions.back().masks[0][query].unsqueeze(0),
                                                letterbox.canvas.height, letterbox.canvas.width)[0]
                                    .contiguous();
      std::uint64_t differing = 0;
      for (std::int64_t t = 0; t < logits.size(0); ++t) {
        const Rle mask = mask_from_logits(logits[t].const_data_ptr<float>(), letterbox);
        const auto& reference = instance["segmentations"][t];
        const Rle expected = rle_from_string(reference["counts"].get<std::string>(), mask.width, mask.height);
        differing += rle_area(mask) + rle_area(expected) - 2 * rle_intersection(mask, expected);
      }
      EXPECT_LE(differing, instance["pixels_with_abs_logit_below_1e_3"].get<std::uint64_t>()) << "query " << query;
    }
  }
}

}  // namespace
}  // namespace vcl
