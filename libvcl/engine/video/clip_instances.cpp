// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/video/clip_instances.hpp"

#include <algorithm>

#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/video/mask_upsampling.hpp"

namespace vcl {

at::Tensor query_scores(const Prediction& prediction) {
  return prediction.classes.to(at::kFloat).softmax(-1).select(-1, 0);
}

Size mask_cells(const Letterbox& letterbox, int stride) {
  return {std::max(1, letterbox.content.width / stride), std::max(1, letterbox.content.height / stride)};
}

at::Tensor moves_of(const FrameFeatures& features, const Letterbox& letterbox) {
  const at::Tensor logits = features.moves.to(at::kCPU, at::kFloat)[0][0];
  const Size cells = mask_cells(letterbox, letterbox.canvas.width / int(logits.size(1)));
  return logits.slice(0, 0, cells.height).slice(1, 0, cells.width).sigmoid();
}

at::Tensor canvas_logits(const at::Tensor& logits, const Letterbox& letterbox,
                         const std::optional<ColorRefinement>& colors) {
  const at::Tensor canvas = resize_bilinear(logits.to(at::kCPU, at::kFloat).unsqueeze(0).unsqueeze(0),
                                            letterbox.canvas.height, letterbox.canvas.width)[0][0]
                                .contiguous();
  if (colors) colors->refine(canvas.mutable_data_ptr<float>());
  return canvas;
}

std::vector<ClipInstance> clip_instances(const Prediction& prediction, std::int64_t clip, const Letterbox& letterbox,
                                         int most) {
  const at::Tensor scores = query_scores(prediction)[clip].to(at::kCPU);
  const auto [best, queries] = scores.topk(std::min<std::int64_t>(most, scores.size(0)));
  std::vector<ClipInstance> instances;
  for (std::int64_t i = 0; i < queries.size(0); ++i) {
    ClipInstance instance{queries[i].item<std::int64_t>(), best[i].item<float>(), {}};
    for (const at::Tensor& logits : prediction.masks[clip][instance.query].unbind())
      instance.masks.push_back(mask_from_logits(canvas_logits(logits, letterbox).const_data_ptr<float>(), letterbox));
    instances.push_back(std::move(instance));
  }
  return instances;
}

}  // namespace vcl
