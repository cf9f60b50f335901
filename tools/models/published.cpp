// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/models/published.hpp"

#include <algorithm>

namespace vcl {
namespace {

constexpr const char* kApache = "Apache-2.0";
constexpr const char* kNonCommercial = "CC BY-NC 4.0: not for commercial use";
constexpr const char* kUnstated = "none stated; derived from CutLER's weights, which are CC BY-NC 4.0";
constexpr const char* kDino3License = "DINOv3 License of Meta, to be accepted on that page";
constexpr const char* kCutlerPage = "https://github.com/facebookresearch/CutLER/tree/main/videocutler";
constexpr const char* kDinoPage = "https://github.com/facebookresearch/dino";
constexpr const char* kDino2Page = "https://github.com/facebookresearch/dinov2";
constexpr const char* kDino3Page = "https://ai.meta.com/dinov3";

constexpr PublishedModel kModels[] = {
    {"videocutler-r50", "VideoCutLER: video instances, ResNet-50", "videocutler_m2f_rn50.pth", "", kCutlerPage,
     kNonCommercial, "video_mask2former_r50", ""},
    {"cutler-m2f-r50", "CutLER's Mask2Former for images, from which VideoCutLER is trained", "cutler_m2f_rn50.pth", "",
     kCutlerPage, kNonCommercial, "video_mask2former_r50", ""},
    {"autoq-vis", "AutoQ-VIS: VideoCutLER trained further on video, without its quality head", "model_Mask2former.pth",
     "https://huggingface.co/wcbup/AutoQ-VIS/resolve/main/model_Mask2former.pth",
     "https://huggingface.co/wcbup/AutoQ-VIS", kUnstated, "video_mask2former_r50", ""},
    {"s2d", "S2D: VideoCutLER trained further on keymasks of video", "s2d_zeroshot.pth", "",
     "https://github.com/leonsick/s2d", kUnstated, "video_mask2former_r50", ""},
    {"dino-s16", "DINO: ViT-S, patches of 16 pixels", "dino_deitsmall16_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dino/dino_deitsmall16_pretrain/dino_deitsmall16_pretrain.pth", kDinoPage, kApache,
     "vits16", ""},
    {"dino-s8", "DINO: ViT-S, patches of 8 pixels", "dino_deitsmall8_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dino/dino_deitsmall8_pretrain/dino_deitsmall8_pretrain.pth", kDinoPage, kApache,
     "vits8", ""},
    {"dino-s8-300", "DINO: ViT-S, patches of 8 pixels, 300 epochs: the one of MaskCut's authors",
     "dino_deitsmall8_300ep_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dino/dino_deitsmall8_300ep_pretrain/dino_deitsmall8_300ep_pretrain.pth", kDinoPage,
     kApache, "vits8", ""},
    {"dino-b16", "DINO: ViT-B, patches of 16 pixels", "dino_vitbase16_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dino/dino_vitbase16_pretrain/dino_vitbase16_pretrain.pth", kDinoPage, kApache,
     "vitb16", ""},
    {"dino-b8", "DINO: ViT-B, patches of 8 pixels: MaskCut's default", "dino_vitbase8_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dino/dino_vitbase8_pretrain/dino_vitbase8_pretrain.pth", kDinoPage, kApache,
     "vitb8", ""},
    {"dinov2-s14-reg", "DINOv2: ViT-S, patches of 14 pixels, registers", "dinov2_vits14_reg4_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14/dinov2_vits14_reg4_pretrain.pth", kDino2Page, kApache,
     "dinov2_vits14_reg", ""},
    {"dinov2-s14", "DINOv2: ViT-S, patches of 14 pixels", "dinov2_vits14_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14/dinov2_vits14_pretrain.pth", kDino2Page, kApache,
     "dinov2_vits14", ""},
    {"dinov2-b14-reg", "DINOv2: ViT-B, patches of 14 pixels, registers", "dinov2_vitb14_reg4_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitb14/dinov2_vitb14_reg4_pretrain.pth", kDino2Page, kApache,
     "dinov2_vitb14_reg", ""},
    {"dinov2-b14", "DINOv2: ViT-B, patches of 14 pixels", "dinov2_vitb14_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitb14/dinov2_vitb14_pretrain.pth", kDino2Page, kApache,
     "dinov2_vitb14", ""},
    {"dinov2-l14-reg", "DINOv2: ViT-L, patches of 14 pixels, registers", "dinov2_vitl14_reg4_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitl14/dinov2_vitl14_reg4_pretrain.pth", kDino2Page, kApache,
     "dinov2_vitl14_reg", ""},
    {"dinov2-l14", "DINOv2: ViT-L, patches of 14 pixels", "dinov2_vitl14_pretrain.pth",
     "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitl14/dinov2_vitl14_pretrain.pth", kDino2Page, kApache,
     "dinov2_vitl14", ""},
    {"dinov3-s16", "DINOv3: ViT-S, patches of 16 pixels", "dinov3_vits16_pretrain_lvd1689m-08c60483.pth", "",
     kDino3Page, kDino3License, "dinov3_vits16", "08c60483"},
    {"dinov3-s16plus", "DINOv3: ViT-S+, patches of 16 pixels", "dinov3_vits16plus_pretrain_lvd1689m-4057cbaa.pth", "",
     kDino3Page, kDino3License, "dinov3_vits16plus", "4057cbaa"},
    {"dinov3-b16", "DINOv3: ViT-B, patches of 16 pixels", "dinov3_vitb16_pretrain_lvd1689m-73cec8be.pth", "",
     kDino3Page, kDino3License, "dinov3_vitb16", "73cec8be"},
    {"dinov3-l16", "DINOv3: ViT-L, patches of 16 pixels", "dinov3_vitl16_pretrain_lvd1689m-8aa4cbdd.pth", "",
     kDino3Page, kDino3License, "dinov3_vitl16", "8aa4cbdd"},
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
