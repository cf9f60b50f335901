// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <string>

#include "libvcl/engine/weights.hpp"
#include "vcl/engine.hpp"

namespace vcl {

/// A video model, its weights prepared for inference and on their device; never changed after.
struct VideoModel final : LoadedModel {
  VideoModel(std::string file, const at::Device& where, Precision arithmetic, std::shared_ptr<const Model> contents)
      : path(std::move(file)), device(where), precision(arithmetic), model(std::move(contents)) {}

  const std::string path;
  const at::Device device;
  const Precision precision;  ///< of the per-frame half
  const std::shared_ptr<const Model> model;
};

/// The model of options.loaded, or else of the file. With options.model_cache all who have the same file, as it is now
/// on disk, open for the same device in the same precision get the one copy that is in memory, which goes with the last
/// of them. Any thread; whoever asks for a model that another thread loads waits for it, and the watcher hears of the
/// other's progress. A watcher may open models too. It gets a copy of its own of what is being loaded. Errors as
/// open_engine, naming the file. The options' watcher sees progress up to `share`.
VideoModel open_video_model(const EngineOptions& options, double share = 1);

}  // namespace vcl
