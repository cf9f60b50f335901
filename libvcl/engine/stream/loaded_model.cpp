// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/loaded_model.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <tuple>

#include "libvcl/engine/device.hpp"
#include "libvcl/engine/nn/layers.hpp"
#include "libvcl/engine/shared_cache.hpp"
#include "libvcl/engine/stream/steps.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

/// The key of shared weights: the file (device, inode, size, seconds and nanoseconds of its last change), the device of
/// the computation and the precision.
using Identity = std::tuple<dev_t, ino_t, off_t, time_t, long, std::string, Precision>;

constexpr double kReadShare = 0.9;  // of loading; the rest prepares the tensors

/// What the per-frame half multiplies by, in bfloat16 once instead of each time.
void narrow_products(Weights& w) {
  for (auto& [name, tensor] : w.tensors())
    if (tensor.dim() >= 2 && name.ends_with(".weight") && !name.starts_with("sem_seg_head.predictor."))
      tensor = tensor.to(at::kBFloat16);
}

template <typename Report>
Model load_for_inference(const std::string& path, const at::Device& device, Precision precision, Report report) {
  Model model = load_model(path, report);
  if (model.config["architecture"] != "video_mask2former")
    throw Error(ErrorKind::Unsupported, path + " holds a " + model.config["architecture"].get<std::string>() +
                                            "; video segmentation needs a video_mask2former");
  for (auto& [name, tensor] : model.weights.tensors()) tensor = tensor.to(device);
  prepare_for_inference(model.weights);
  if (precision == Precision::Bf16) narrow_products(model.weights);
  return model;
}

std::shared_ptr<const Model> cached_model(const std::string& path, const at::Device& device,
                                          const EngineOptions& options, double share) {
  static SharedCache<Identity, Model> cache;
  double reached = 0;
  // Rises, though loading starts anew if the other, whose progress was heard so far, fails.
  const auto reach = [&](double loaded) {
    reached = std::max(reached, loaded);
    if (reached > 0)
      Steps(options.watcher.get(), 0, kReadShare * share).reach(reached);
    else
      check_cancelled(options.watcher.get());
  };
  const auto load = [&](auto report) {
    return load_for_inference(path, device, options.precision, [&](double loaded) {
      report(loaded);
      reach(loaded);
    });
  };
  struct stat file;
  if (!options.model_cache || ::stat(path.c_str(), &file) != 0)
    return std::make_shared<const Model>(load([](double) {}));
  return cache.get({file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec, device.str(),
                    options.precision},
                   load, reach);
}

}  // namespace

VideoModel open_video_model(const EngineOptions& options, double share) {
  if (options.loaded) {
    if (const auto* opened = dynamic_cast<const VideoModel*>(options.loaded.get())) return *opened;
    throw Error(ErrorKind::Invalid,
                "the loaded model of the options is not from open_model(); pass what that returned");
  }
  const at::Device device = open_exact_device(options.device);
  use_threads(std::max(1, options.threads));  // on busy processors more would wait for each other longer than they work
  const std::string path = model_path(options.model);
  VideoModel model(path, device, options.precision, cached_model(path, device, options, share));
  Steps(options.watcher.get()).reach(share);
  return model;
}

}  // namespace vcl
