// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/clip_tensors.hpp"

#include <algorithm>
#include <numeric>

namespace vcl::train {

namespace {

template <typename Value>
at::Tensor values(const std::vector<Value>& data, at::IntArrayRef shape) {
  return at::from_blob(const_cast<Value*>(data.data()), shape, c10::CppTypeToScalarType<Value>::value);
}

/// Stacks the data of all clips, with `unknown` for clips without any. Returns an undefined tensor if no clip has any.
template <typename Value>
at::Tensor stacked(const Batch& batch, std::vector<Value> Clip::*data, const std::vector<std::int64_t>& shape,
                   Value unknown) {
  std::vector<at::Tensor> clips;
  for (const Clip& clip : batch)
    clips.push_back((clip.*data).empty() ? at::full(shape, unknown, c10::CppTypeToScalarType<Value>::value)
                                         : values(clip.*data, shape));
  const bool any = std::ranges::any_of(batch, [&](const Clip& clip) { return !(clip.*data).empty(); });
  return any ? at::stack(clips) : at::Tensor();
}

}  // namespace

ClipTensors clip_tensors(const Batch& batch, const at::Device& device) {
  std::vector<at::Tensor> images, labels;
  ClipTensors tensors;
  for (const Clip& clip : batch) {
    const std::int64_t height = clip.canvas.height, width = clip.canvas.width;
    images.push_back(values(clip.images, {clip.frames, 3, height, width}));
    labels.push_back(values(clip.labels, {clip.frames, height, width}));
    tensors.counts.push_back(clip.instances);
  }
  tensors.images = at::cat(images);
  tensors.labels = at::stack(labels);
  const Clip& first = batch.front();
  const std::int64_t height = first.canvas.height, width = first.canvas.width, frames = first.frames;
  tensors.moves = stacked(batch, &Clip::moves, {frames, height, width}, kUnknown);
  const auto with_motion = std::ranges::find_if(batch, [](const Clip& clip) { return !clip.motion.empty(); });
  if (with_motion != batch.end()) {
    const std::int64_t planes = std::int64_t(with_motion->motion.size()) / (frames * height * width);
    tensors.motion = stacked(batch, &Clip::motion, {frames, planes, height, width}, 0.0F).flatten(0, 1);
  }
  if (device.is_cuda())
    for (at::Tensor* tensor : {&tensors.images, &tensors.labels, &tensors.motion, &tensors.moves})
      if (tensor->defined()) *tensor = tensor->pin_memory();
  return tensors;
}

ClipTensors to_device(const ClipTensors& clips, const at::Device& device) {
  const auto sent = [&](const at::Tensor& data) {
    return data.defined() ? data.to(device, data.scalar_type(), true) : data;
  };
  return {sent(clips.images), sent(clips.labels), clips.counts, sent(clips.motion), sent(clips.moves)};
}

at::Tensor network_input(const ClipTensors& clips) {
  const at::Tensor images = normalise_images(clips.images.to(at::kFloat));
  const at::Tensor input = clips.motion.defined() ? at::cat({images, clips.motion}, 1) : images;
  return input.contiguous(at::MemoryFormat::ChannelsLast);
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
