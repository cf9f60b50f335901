// SPDX-License-Identifier: LGPL-2.1-or-later
#include "video_case.hpp"

#include <optional>

#include "libvcl/engine/device.hpp"
#include "libvcl/engine/video/transformer_decoder.hpp"
#include "picture.hpp"
#include "vcl/model.hpp"

namespace vcl::golden {
namespace {

constexpr std::int64_t kMaskStep = 10;  // every tenth query's masks are stored

// A mask logit as good as 0 may fall on the other side with another LibTorch (2.6 of Debian 13: once). What the decoder
// says afterwards differs by that position.
constexpr std::int64_t kMostFlips = 2;
constexpr double kLooserAfterFlip = 10;

/// Mean (absolute), deviation and length (relative) of each query's mask logits: [B, Q, 3].
void compare_statistics(const at::Tensor& masks, const at::Tensor& stored, double looser) {
  const at::Tensor x = masks.flatten(2).cpu().to(at::kDouble);
  EXPECT_LE((x.mean(-1) - stored.select(2, 0)).abs().max().item<double>(), looser * 1e-3);
  const auto relative = [&](const at::Tensor& got, int column) {
    const at::Tensor expected = stored.select(2, column);
    return ((got - expected) / expected).abs().max().item<double>();
  };
  EXPECT_LE(relative(x.std(-1, false), 1), looser * 1e-4);
  EXPECT_LE(relative(x.norm(2, -1), 2), looser * 1e-4);
}

/// In how many positions differs what the queries may not attend to, [B, Q]. A query that may attend to none attends to
/// all.
std::int64_t flips(const at::Tensor& attend, const at::Tensor& stored) {
  const at::Tensor blocked = attend.logical_not().sum(-1).cpu();
  return (blocked - stored * stored.ne(attend.size(2))).abs().sum().item<std::int64_t>();
}

}  // namespace

Case::Case(const std::string& folder, const std::string& name)
    : json_(read_json(folder + "/" + name + ".json")),
      tensors_(json_.at("tensors")),
      file_(folder + "/" + name + ".safetensors") {
  for (const auto& [tensor, entry] : tensors_.items()) left_.insert(tensor);
}

std::vector<std::int64_t> Case::shape(const std::string& tensor) const {
  return tensors_.at(tensor).at("shape").get<std::vector<std::int64_t>>();
}

at::Tensor Case::stored(const std::string& tensor) {
  left_.erase(tensor);
  return golden::tensor(file_, tensor);
}

void Case::compare(const std::string& tensor, const at::Tensor& x, double tolerance) {
  SCOPED_TRACE(tensor);
  const auto& entry = tensors_.at(tensor);
  ASSERT_EQ(x.sizes().vec(), shape(tensor));
  const at::Tensor all = x.cpu().contiguous().flatten();
  const at::Tensor expected = stored(tensor).flatten(), sample = all.slice(0, 0, std::nullopt, entry.at("step"));
  ASSERT_EQ(sample.sizes(), expected.sizes());
  const double deviation = entry.at("std").get<double>();
  EXPECT_LE((sample - expected).abs().max().item<double>(), tolerance * deviation);
  // What lies between the stored values shows in the statistics of all.
  const at::Tensor exact = all.to(at::kDouble);
  const auto near = [&](const at::Tensor& got, const char* statistic, double unit) {
    EXPECT_NEAR(got.item<double>(), entry.at(statistic).get<double>(), tolerance * unit) << statistic;
  };
  near(exact.mean(), "mean", deviation);
  near(exact.std(false), "std", deviation);
  near(exact.norm(), "l2", entry.at("l2"));
  near(exact.min(), "min", deviation);
  near(exact.max(), "max", deviation);
}

void Case::expect_complete() const {
  for (const std::string& tensor : left_) ADD_FAILURE() << tensor << " was not compared with anything";
}

const at::Device& video_device() {
  static const at::Device device = open_exact_device(golden::device());
  return device;
}

at::Tensor input(const std::string& name, at::IntArrayRef shape, double a, double b) {
  return (pattern("in/" + name, shape) * a + b).to(video_device());
}

Weights video_network(const std::vector<std::string>& zero) {
  static const TensorMap made = [] {
    TensorMap map;
    for (const auto& [name, shape] : official_tensors("video_mask2former_r50"))
      map.emplace(name, at::tensor(pattern_tensor(seed(), name, shape)).view(shape));
    return map;
  }();
  TensorMap copy = made;
  for (const std::string& name : zero) copy.at(name) = at::zeros_like(copy.at(name));
  for (auto& [name, tensor] : copy) tensor = tensor.to(video_device());
  return Weights(copy);
}

at::Tensor read_clip(const std::string& folder, const std::vector<std::string>& names, std::int64_t height,
                     std::int64_t width) {
  std::vector<at::Tensor> frames;
  for (const std::string& name : names) {
    Picture picture = read_rgb(folder + "/" + name);
    frames.push_back(at::from_blob(picture.rgb.data(), {picture.size.height, picture.size.width, 3}, at::kByte)
                         .permute({2, 0, 1})
                         .to(at::kFloat));
  }
  const at::Tensor images = normalise_images(at::stack(frames).to(video_device()));
  return at::constant_pad_nd(images, {0, width - images.size(3), 0, height - images.size(2)});
}

void compare_predictions(Case& golden, const std::vector<Prediction>& predictions, const FrameFeatures& features,
                         const Weights& w) {
  const std::int64_t clips = predictions.front().masks.size(0);
  const MaskBasis basis = mask_basis(features.mask_features.unflatten(0, {clips, -1}), w);
  const at::Tensor blocked = golden.stored("attn_blocked_count");
  ASSERT_EQ(std::int64_t(predictions.size()), blocked.size(0) + 1);
  std::int64_t flipped = 0;
  for (std::size_t l = 0; l < predictions.size(); ++l) {
    const double looser = flipped > 0 ? kLooserAfterFlip : 1;
    SCOPED_TRACE("prediction " + std::to_string(l));
    const std::string index = "_" + std::to_string(l);
    const at::Tensor& masks = predictions[l].masks;
    golden.compare("class" + index, predictions[l].classes, looser * kDeep);
    if (golden.has("masks" + index))
      golden.compare("masks" + index, masks.slice(1, 0, std::nullopt, kMaskStep), looser * kDeep);
    compare_statistics(masks, golden.stored("mask_qstats" + index), looser);
    if (l + 1 == predictions.size()) continue;
    const at::Tensor& level = features.levels[l % features.levels.size()];
    const MaskBasis small = resized(basis, level.size(2), level.size(3));
    flipped += flips(attention_mask(predictions[l].queries, small, w), blocked[std::int64_t(l)]);
    EXPECT_LE(flipped, kMostFlips);
  }
}

}  // namespace vcl::golden
