// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine/video/video_mask2former.hpp"

#include "engine/nn/resnet.hpp"
#include "engine/video/pixel_decoder.hpp"
#include "engine/video/transformer_decoder.hpp"
#include "vcl/error.hpp"

namespace vcl {

VideoConfig VideoConfig::from_json(const nlohmann::json& config) {
  VideoConfig video;
  try {
    video.heads = config.value("heads", video.heads);
    video.encoder_points = config.value("encoder_points", video.encoder_points);
    video.norm_groups = config.value("norm_groups", video.norm_groups);
    video.stem_pool = config.value("stem_pool", video.stem_pool);
    video.min_stride = config.value("min_stride", video.min_stride);
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorKind::Unreadable, std::string("model configuration: ") + e.what());
  }
  for (const int value : {video.heads, video.encoder_points, video.norm_groups, video.min_stride})
    if (value < 1 || value > 1024) throw Error(ErrorKind::Unreadable, "model configuration has a size outside 1..1024");
  return video;
}

at::Tensor normalise_images(const at::Tensor& images) {
  const at::Tensor mean = at::tensor({123.675f, 116.28f, 103.53f}, images.options().dtype(at::kFloat));
  const at::Tensor deviation = at::tensor({58.395f, 57.12f, 57.375f}, images.options().dtype(at::kFloat));
  return (images - mean.view({3, 1, 1})) / deviation.view({3, 1, 1});
}

FrameFeatures frame_features(const at::Tensor& images, const Weights& w, const VideoConfig& config, bool training) {
  const auto features = resnet(images, w / "backbone", config.stem_pool, training);
  return pixel_decoder(features, w / "sem_seg_head" / "pixel_decoder", config);
}

std::vector<Prediction> decode_clip(const FrameFeatures& features, std::int64_t clips, const Weights& w,
                                    const VideoConfig& config, bool all) {
  const Weights predictor = w / "sem_seg_head" / "predictor";
  const FrameMemory memory = frame_memory(features, predictor);
  return transformer_decoder(std::vector{&memory}, clips, predictor, config, all);
}

}  // namespace vcl
