// SPDX-License-Identifier: LGPL-2.1-or-later
// MaskCut of each frame separately, as JSON lines: a baseline with the same features, without any learning of objects
// or time.
//   maskcut_frames MODEL FRAMES.safetensors OUT.jsonl
// FRAMES: tensors "image/<name>", uint8 [H, W, 3] RGB (vcl-train pack), in the order of their names. The track id of an
// instance is the number of its cut, so "tracks" are only as good as the order of cuts is stable.
#include <cstdio>
#include <exception>
#include <fstream>

#include "libvcl/engine/maskcut/maskcut.hpp"
#include "libvcl/engine/maskcut/photo_features.hpp"
#include "vcl/error.hpp"
#include "vcl/json.hpp"
#include "vcl/safetensors.hpp"

namespace {

vcl::Instance instance_of(const vcl::Mask& mask, int number) {
  vcl::Instance instance;
  instance.track_id = std::uint64_t(number);
  instance.score = 1.0F / float(number);  // earlier cuts are more salient objects
  instance.mask = vcl::rle_encode(mask);
  instance.box = vcl::rle_box(instance.mask);
  instance.area = vcl::rle_area(instance.mask);
  return instance;
}

vcl::FrameResult cut(const vcl::TensorView& image, vcl::FeatureNetwork& network) {
  vcl::FrameResult result;
  result.size = {int(image.shape[1]), int(image.shape[0])};
  const at::Tensor features =
      vcl::photo_features(reinterpret_cast<const std::uint8_t*>(image.bytes.data()), result.size, network);
  const vcl::Size grid{int(features.size(2)), int(features.size(1))};
  int number = 0;
  for (const vcl::Mask& mask : vcl::cut_masks(vcl::maskcut(features), grid, result.size)) {
    const vcl::Instance instance = instance_of(mask, ++number);
    if (instance.area > 0) result.instances.push_back(instance);
  }
  return result;
}

void run(const std::string& model, const std::string& frames, const std::string& out) {
  vcl::FeatureNetwork network = vcl::load_feature_network(model);
  const vcl::SafetensorsFile pack(frames);
  std::ofstream lines(out);
  std::uint64_t number = 0;
  for (const auto& [name, image] : pack.tensors()) {
    if (!name.starts_with("image/")) continue;
    if (image.dtype != vcl::DType::U8 || image.shape.size() != 3 || image.shape[2] != 3 || image.bytes.empty())
      throw vcl::Error(vcl::ErrorKind::Unreadable, frames + ": " + name + " is not a uint8 [height, width, 3] image");
    vcl::FrameResult result = cut(image, network);
    result.frame = number++;
    lines << vcl::frame_to_json(result) << '\n';
    std::fprintf(stderr, "\r%llu frames", static_cast<unsigned long long>(number));
  }
  std::fputc('\n', stderr);
  if (!lines.flush()) throw vcl::Error(vcl::ErrorKind::Resource, out + ": cannot be written");
  if (number == 0) throw vcl::Error(vcl::ErrorKind::Unreadable, frames + ": holds no frames");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: maskcut_frames MODEL FRAMES.safetensors OUT.jsonl\n");
    return 2;
  }
  try {
    run(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "maskcut_frames: %s\n", error.what());
    return 1;
  }
  return 0;
}
