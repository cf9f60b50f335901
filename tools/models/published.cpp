// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/models/published.hpp"

#include <algorithm>

namespace vcl {
namespace {

constexpr const char* kApache = "Apache-2.0";
constexpr const char* kNonCommercial = "CC BY-NC 4.0: not for commercial use";
constexpr const char* kDinoPage = "https://github.com/facebookresearch/dino";
constexpr const char* kCutlerPage = "https://github.com/facebookresearch/CutLER/tree/main/videocutler";

constexpr PublishedModel kModels[] = {
    {"videocutler-r50", "VideoCutLER: video instances, ResNet-50", "videocutler_m2f_rn50.pth", "", kCutlerPage,
     kNonCommercial, "video_mask2former_r50", ""},
    {"cutler-m2f-r50", "CutLER's Mask2Former for images, from which VideoCutLER is trained", "cutler_m2f_rn50.pth", "",
     kCutlerPage, kNonCommercial, "video_mask2former_r50", ""},
    {"dino-s16", "DINO: ViT-S, patches of 16 pixels", "dino_deitsmall16_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dino/dino_deitsmall16_pretrain/dino_deitsmall16_pretrain.pth", kDinoPage, kApache,
     "vits16", ""},
    {"dino-s8", "DINO: ViT-S, patches of 8 pixels", "dino_deitsmall8_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dino/dino_deitsmall8_pretrain/dino_deitsmall8_pretrain.pth", kDinoPage, kApache,
     "vits8", ""},
    {"dino-s8-300", "DINO: ViT-S, patches of 8 pixels, 300 epochs; the one that MaskCut's authors use",
     "dino_deitsmall8_300ep_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dino/dino_deitsmall8_300ep_pretrain/dino_deitsmall8_300ep_pretrain.pth", kDinoPage,
     kApache, "vits8", ""},
    {"dino-b16", "DINO: ViT-B, patches of 16 pixels", "dino_vitbase16_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dino/dino_vitbase16_pretrain/dino_vitbase16_pretrain.pth", kDinoPage, kApache,
     "vitb16", ""},
    {"dino-b8", "DINO: ViT-B, patches of 8 pixels; the default of MaskCut's authors", "dino_vitbase8_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dino/dino_vitbase8_pretrain/dino_vitbase8_pretrain.pth", kDinoPage, kApache,
     "vitb8", ""},
};

}  // namespace

std::span<const PublishedModel> published_models() {
  return kModels;
}

const PublishedModel* published_model(const std::string& name) {
  const auto found = std::ranges::find(kModels, name, &PublishedModel::name);
  return found != std::end(kModels) ? found : nullptr;
}

const PublishedModel* published_file(const std::string& file_name) {
  const auto found = std::ranges::find(kModels, file_name, &PublishedModel::file);
  return found != std::end(kModels) ? found : nullptr;
}

}  // namespace vcl
