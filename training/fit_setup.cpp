// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/fit_setup.hpp"

#include "training/evaluate.hpp"
#include "training/initialise.hpp"
#include "vcl/error.hpp"

namespace vcl::train {

Stage stage_of(const std::string& name) {
  if (name == "dense") return {true, 1, 32, 2e-3, 1e-4, 1, 0};
  if (name == "image") return {false, 1, 16, 1e-3, 0.05, 1, 0.1};
  if (name == "video") return {false, 3, 8, 7e-4, 0.05, 0.5, 0.3};
  throw Error(ErrorKind::Invalid, "there is no stage " + name + "; the stages are dense, image and video");
}

FitOptions complete(FitOptions options, const Stage& stage) {
  if (options.batch == 0) options.batch = stage.batch;
  if (options.frames == 0) options.frames = stage.frames;
  if (options.learning_rate == 0) options.learning_rate = stage.learning_rate;
  if (options.canvas_pixels == 0) options.canvas_pixels = NetworkSizes{}.canvas_pixels;
  if (stage.dense && options.frames != 1)
    throw Error(ErrorKind::Invalid, "the dense stage trains on single photos: --frames must be 1");
  check_mode(options.mode, options.frames, options.clips);
  if (options.minutes <= 0 && options.steps <= 0)
    throw Error(ErrorKind::Invalid, "say how long to train: --minutes or --steps");
  return options;
}

nlohmann::json settings_of(const FitOptions& o) {
  nlohmann::json settings = settings_of(o.clips);
  settings.update({{"stage", o.stage},
                   {"images", o.images},
                   {"labels", o.labels},
                   {"init", o.init},
                   {"batch", o.batch},
                   {"frames", o.frames},
                   {"seed", o.seed},
                   {"learning_rate", o.learning_rate},
                   {"precision", o.precision},
                   {"canvas_pixels", o.canvas_pixels},
                   {"mode", o.mode},
                   {"objective", o.objective}});
  return settings;
}

Model starting_model(const FitOptions& options, const Stage& stage) {
  at::manual_seed(options.seed);
  NetworkSizes sizes;
  sizes.canvas_pixels = options.canvas_pixels;
  Model model = initialise_network(sizes);
  if (!options.name.empty()) model.config["name"] = options.name;
  TensorMap& tensors = model.weights.tensors();
  if (stage.dense) {
    model.config["architecture"] = kDenseArchitecture;
    std::erase_if(tensors, [](const auto& entry) { return entry.first.starts_with("sem_seg_head.predictor."); });
    add_dense_head(model.weights, sizes.hidden);
  }
  if (!options.init.empty()) {
    const int missing = warm_start(model.weights, load_model(options.init).weights);
    if (missing == int(tensors.size()))
      throw Error(ErrorKind::Unsupported,
                  options.init + " has no tensor of this network; start from one that vcl-train made");
    std::fprintf(stderr, "%d of %d tensors from %s\n", int(tensors.size()) - missing, int(tensors.size()),
                 options.init.c_str());
  }
  for (auto& [name, tensor] : tensors)
    if (tensor.dim() == 4) tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
  return model;
}

Weights copy_of(const Weights& weights) {
  TensorMap copies;
  for (const auto& [name, tensor] : weights.tensors()) copies[name] = tensor.detach().clone();
  return Weights(std::move(copies));
}

}  // namespace vcl::train
