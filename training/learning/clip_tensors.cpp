// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/clip_tensors.hpp"

#include <numeric>

namespace vcl::train {

ClipTensors clip_tensors(const Batch& batch, const at::Device& device) {
  std::vector<at::Tensor> images, labels;
  ClipTensors tensors;
  for (const Clip& clip : batch) {
    const std::int64_t height = clip.canvas.height, width = clip.canvas.width;
    const auto bytes = [](const std::vector<std::uint8_t>& data, at::IntArrayRef shape) {
      return at::from_blob(const_cast<std::uint8_t*>(data.data()), shape, at::kByte);
    };
    images.push_back(bytes(clip.images, {clip.frames, 3, height, width}));
    labels.push_back(bytes(clip.labels, {clip.frames, height, width}));
    tensors.counts.push_back(clip.instances);
  }
  tensors.images = at::cat(images);
  tensors.labels = at::stack(labels);
  if (device.is_cuda()) {
    tensors.images = tensors.images.pin_memory();
    tensors.labels = tensors.labels.pin_memory();
  }
  return tensors;
}

ClipTensors to_device(const ClipTensors& clips, const at::Device& device) {
  const auto sent = [&](const at::Tensor& bytes) { return bytes.to(device, bytes.scalar_type(), true); };
  return {sent(clips.images), sent(clips.labels), clips.counts};
}

WholeBatch whole_of(const std::vector<ClipTensors>& batches) {
  WholeBatch whole;
  for (const ClipTensors& batch : batches) {
    whole.clips += std::int64_t(batch.counts.size());
    whole.objects += std::accumulate(batch.counts.begin(), batch.counts.end(), 0.0);
  }
  return whole;
}

}  // namespace vcl::train
