// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/dino/vit.hpp"
#include "vcl/error.hpp"
#include "vcl/model.hpp"

namespace vcl {
namespace {

/// The tensors from which the sizes of the network follow.
void expect_sizes(const Weights& w) {
  for (const char* name : {"cls_token", "patch_embed.proj.weight"}) (void)w[name];
  if (!w.has("storage_tokens")) (void)w["pos_embed"];
  if (!w.has("blocks.0.mlp.w1")) (void)w["blocks.0.mlp.fc1.weight"];
}

}  // namespace

void vit_verify(const Weights& w, const VitConfig& config) {
  expect_sizes(w);
  TensorShapes shapes;
  for (const auto& [name, tensor] : w.tensors()) shapes.emplace(name, tensor.sizes().vec());
  const TensorShapes expected = vit_tensors_like(shapes);
  if (expected.empty())
    throw Error(ErrorKind::Unreadable,
                "cls_token, pos_embed, patch_embed.proj.weight and blocks.0.mlp have no sensible shapes: this is no "
                "vision transformer of DINO, DINOv2 or DINOv3, or the file is damaged");
  if (const auto problems = tensor_problems(shapes, expected); !problems.empty())
    throw Error(ErrorKind::Unsupported, "tensor " + problems[0] +
                                            "; this is another network than DINO, DINOv2 and DINOv3, or the file is "
                                            "damaged: name a model of these, or get the file again");
  const auto c = vit_channels(w);
  const auto heads = config.heads > 0 ? config.heads : c / 64;
  if (heads < 1 || c % heads != 0)
    throw Error(ErrorKind::Unsupported, "the vision transformer's " + std::to_string(c) +
                                            " channels do not divide into " + std::to_string(heads) +
                                            " heads: set \"heads\" in the model's configuration");
  const bool turns = !w.has("pos_embed");
  if (turns && c / heads != 64)
    throw Error(ErrorKind::Unsupported, "the vision transformer turns heads of " + std::to_string(c / heads) +
                                            " channels; only 64, as in DINOv3, are known");
}

}  // namespace vcl
