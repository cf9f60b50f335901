// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/video/video_mask2former.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "libvcl/engine/motion/motion_planes.hpp"
#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/nn/resnet.hpp"
#include "libvcl/engine/video/pixel_decoder.hpp"
#include "libvcl/engine/video/transformer_decoder.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr int kFarthestNeighbour = 8;
constexpr std::size_t kMostNeighbours = 4;

std::vector<int> neighbours_of(const nlohmann::json& config) {
  const auto motion = config.find("motion");
  if (motion == config.end()) return {};
  const auto is_neighbour = [](const nlohmann::json& value) {
    return value.is_number_integer() && value != 0 && std::abs(value.get<double>()) <= kFarthestNeighbour;
  };
  const nlohmann::json neighbours =
      motion->is_object() ? motion->value("neighbours", nlohmann::json()) : nlohmann::json();
  if (!neighbours.is_array() || neighbours.empty() || neighbours.size() > kMostNeighbours ||
      !std::ranges::all_of(neighbours, is_neighbour) ||
      std::set(neighbours.begin(), neighbours.end()).size() != neighbours.size())
    throw Error(ErrorKind::Unreadable,
                "model configuration: \"motion\" needs \"neighbours\", 1 to 4 different frames from -8 to 8 without 0");
  return neighbours.get<std::vector<int>>();
}

}  // namespace

VideoConfig VideoConfig::from_json(const nlohmann::json& config) {
  VideoConfig video;
  const auto size = [&](const char* name, int by_default) {
    const double value = config.value(name, double(by_default));  // an integer could overflow
    if (!(value >= 1 && value <= 1024))
      throw Error(ErrorKind::Unreadable, "model configuration has a size outside 1..1024");
    return int(value);
  };
  try {
    video.heads = size("heads", video.heads);
    video.encoder_points = size("encoder_points", video.encoder_points);
    video.norm_groups = size("norm_groups", video.norm_groups);
    video.stem_pool = config.value("stem_pool", video.stem_pool);
    video.min_stride = size("min_stride", video.min_stride);
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorKind::Unreadable, std::string("model configuration: ") + e.what());
  }
  video.neighbours = neighbours_of(config);
  return video;
}

void check_motion(const Weights& w, const VideoConfig& config) {
  const std::int64_t planes = 3 + kMotionPlanes * std::int64_t(config.neighbours.size());
  const std::int64_t taken = (w / "backbone" / "stem" / "conv1")["weight"].size(1);
  if (taken != planes)
    throw Error(ErrorKind::Unreadable, "the stem takes " + std::to_string(taken) +
                                           " planes; with the \"motion\" of its "
                                           "configuration a frame has " +
                                           std::to_string(planes));
  if ((w / "sem_seg_head").has("moves") == config.neighbours.empty())
    throw Error(ErrorKind::Unreadable,
                "sem_seg_head.moves, which says what moves, must be there with \"motion\" in the "
                "configuration, and only then");
  const at::Tensor moves = w.find("sem_seg_head.moves.weight");
  if (!config.neighbours.empty() && (!moves.defined() || moves.dim() != 4 || moves.size(0) != 1))
    throw Error(ErrorKind::Unreadable, "sem_seg_head.moves.weight must be a convolution with one output");
}

at::Tensor normalise_images(const at::Tensor& images) {
  const at::Tensor mean = at::tensor({123.675f, 116.28f, 103.53f}, images.options().dtype(at::kFloat));
  const at::Tensor deviation = at::tensor({58.395f, 57.12f, 57.375f}, images.options().dtype(at::kFloat));
  return (images - mean.view({3, 1, 1})) / deviation.view({3, 1, 1});
}

FrameFeatures frame_features(const at::Tensor& images, const Weights& w, const VideoConfig& config, bool training) {
  const auto features = resnet(images, w / "backbone", config.stem_pool, training);
  const Weights head = w / "sem_seg_head";
  FrameFeatures frames = pixel_decoder(features, head / "pixel_decoder", config);
  if (head.has("moves")) frames.moves = conv2d(frames.mask_features, head / "moves");
  return frames;
}

std::vector<Prediction> decode_clip(const FrameFeatures& features, std::int64_t clips, const Weights& w,
                                    const VideoConfig& config, bool all) {
  const Weights predictor = w / "sem_seg_head" / "predictor";
  const FrameMemory memory = frame_memory(features, predictor);
  return transformer_decoder(std::vector{&memory}, clips, predictor, config, all);
}

}  // namespace vcl
