// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/fit/starting_model.hpp"

#include "libvcl/engine/dino/vit.hpp"
#include "libvcl/engine/video/video_mask2former.hpp"
#include "training/learning/initialise.hpp"
#include "training/learning/predict.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr const char* kVideoArchitecture = "video_mask2former";
constexpr const char *kPredictor = "sem_seg_head.predictor.", *kDenseHead = "dense_head.", *kBackbone = "backbone.";

void erase(Model& model, const std::string& prefix) {
  std::erase_if(model.weights.tensors(), [&](const auto& entry) { return entry.first.starts_with(prefix); });
}

/// Returns the sizes of the head for a backbone of residual bottlenecks: those of the paper, with anchored queries.
NetworkSizes large_sizes() {
  NetworkSizes sizes;
  sizes.hidden = 256;
  sizes.ffn = 1024;
  sizes.encoder_levels = 3;
  sizes.encoder_layers = 6;
  sizes.decoder_layers = 9;
  sizes.heads = 8;
  sizes.norm_groups = 32;
  sizes.query_columns = sizes.query_rows = 10;
  sizes.canvas_pixels = 245760;  // 640x384
  return sizes;
}

Model around_backbone(const Model& encoder) {
  const Weights backbone = encoder.weights / "backbone";
  NetworkSizes sizes = (backbone / "res2" / 0).has("conv3") ? large_sizes() : NetworkSizes{};
  for (std::size_t s = 0; s < sizes.stages.size(); ++s) {
    const Weights block = backbone / ("res" + std::to_string(s + 2)) / 0;
    sizes.stages[s] = block[block.has("conv3") ? "conv3.weight" : "conv2.weight"].size(0);
  }
  Model model = initialise_head(sizes);
  model.config["stem_pool"] = encoder.config.value("stem_pool", false);
  for (const auto& [name, tensor] : encoder.weights.tensors())
    if (name.starts_with(kBackbone)) model.weights.tensors()[name] = tensor;
  return model;
}

std::int64_t hidden_of(const Weights& weights) {
  return weights["sem_seg_head.pixel_decoder.mask_features.weight"].size(0);
}

/// Adds a decoder that matches the network's pixel decoder.
void add_predictor(Model& model) {
  const VideoConfig config = VideoConfig::from_json(model.config);
  NetworkSizes sizes;
  sizes.hidden = hidden_of(model.weights);
  sizes.ffn = model.weights["sem_seg_head.pixel_decoder.transformer.encoder.layers.0.linear1.weight"].size(0);
  sizes.heads = config.heads;
  initialise_predictor(model.weights, sizes);
}

Model network_of(const std::string& init) {
  Model model = load_model(init);
  const std::string architecture = model.config["architecture"];
  if (architecture == kResnetArchitecture) return around_backbone(model);
  if (architecture != kVideoArchitecture && architecture != kDenseArchitecture)
    throw Error(ErrorKind::Unsupported,
                init + " is a " + architecture +
                    "; start from a video network, or from what fit or pretrain --arch resnet-tiny made");
  erase(model, "criterion.");  // weights of the authors' loss
  return model;
}

void let_see_motion(Model& model, const std::vector<int>& neighbours, const std::string& init) {
  const std::vector<int> present = VideoConfig::from_json(model.config).neighbours;
  if (neighbours.empty() || neighbours == present) return;
  if (!present.empty())
    throw Error(ErrorKind::Invalid, init + " sees motion to other neighbours already; leave --neighbours out");
  add_motion(model, neighbours);
  VideoConfig::from_json(model.config);  // throws for impossible neighbors
}

}  // namespace

Model starting_model(const std::string& init, bool dense, std::uint64_t seed, const std::vector<int>& neighbours,
                     bool fine_masks) {
  at::manual_seed(seed);
  Model model = init.empty() ? initialise_network({}) : network_of(init);
  if (dense) {
    erase(model, kPredictor);
    if (!model.weights.has("dense_head")) add_dense_head(model.weights, hidden_of(model.weights));
  } else {
    erase(model, kDenseHead);
    if (!model.weights.has("sem_seg_head.predictor")) add_predictor(model);
  }
  let_see_motion(model, neighbours, init);
  if (fine_masks) {
    if (VideoConfig::from_json(model.config).stem_pool)
      throw Error(ErrorKind::Invalid, init + ": its stem pools to stride 4, and finer masks need a stem that does not");
    add_fine_masks(model);
  }
  model.config.erase("calibration");  // training changes the scores
  model.config["architecture"] = dense ? kDenseArchitecture : kVideoArchitecture;
  for (auto& [name, tensor] : model.weights.tensors())
    if (tensor.dim() == 4) tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
  return model;
}

}  // namespace vcl::train
