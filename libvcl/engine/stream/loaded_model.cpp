// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/loaded_model.hpp"

#include <sys/stat.h>

#include <tuple>

#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/shared_cache.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

/// The key of shared weights: the file (device, inode, size, seconds and nanoseconds of its last change), the device of
/// the computation and the precision.
using Identity = std::tuple<dev_t, ino_t, off_t, time_t, long, std::string, Precision>;

/// Converts the weights of products in the per-frame part to bfloat16 once instead of on each use.
void narrow_products(const Weights& w) {
  for (auto& [name, tensor] : w.tensors())
    if (tensor.dim() >= 2 && name.ends_with(".weight") && !name.starts_with("sem_seg_head.predictor."))
      tensor = tensor.to(at::kBFloat16);
}

Model load_for_inference(const std::string& path, const at::Device& device, Precision precision) {
  Model model = load_model(path);
  if (model.config["architecture"] != "video_mask2former")
    throw Error(ErrorKind::Unsupported, path + " holds a " + model.config["architecture"].get<std::string>() +
                                            "; video segmentation needs a video_mask2former");
  for (auto& [name, tensor] : model.weights.tensors()) tensor = tensor.to(device);
  prepare_for_inference(model.weights);
  if (precision == Precision::Bf16) narrow_products(model.weights);
  return model;
}

}  // namespace

std::shared_ptr<const Model> loaded_model(const std::string& path, const at::Device& device, Precision precision,
                                          bool shared) {
  static SharedCache<Identity, Model> cache;
  const auto load = [&] { return load_for_inference(path, device, precision); };
  struct stat file;
  if (!shared || ::stat(path.c_str(), &file) != 0) return std::make_shared<const Model>(load());
  return cache.get(
      {file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec, device.str(), precision},
      load);
}

}  // namespace vcl
