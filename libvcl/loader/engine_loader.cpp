// SPDX-License-Identifier: LGPL-2.1-or-later
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "libvcl/loader/engine_module.hpp"
#include "vcl/engine.hpp"
#include "vcl/features.hpp"
#include "vcl/maskcut.hpp"

namespace vcl {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDefaultModel = "vcl-tiny.safetensors";

}  // namespace

std::unique_ptr<Engine> open_engine(const EngineOptions& options) {
  return std::unique_ptr<Engine>(reinterpret_cast<OpenEngineFunction>(engine_symbol(kOpenEngineSymbol))(options));
}

std::shared_ptr<const LoadedModel> open_model(const EngineOptions& options) {
  return std::unique_ptr<LoadedModel>(reinterpret_cast<OpenModelFunction>(engine_symbol(kOpenModelSymbol))(options));
}

std::unique_ptr<FeatureExtractor> open_features(const FeatureOptions& options) {
  const auto open = reinterpret_cast<OpenFeaturesFunction>(engine_symbol(kOpenFeaturesSymbol));
  return std::unique_ptr<FeatureExtractor>(open(options));
}

std::vector<CutStep> maskcut(const FeatureMap& features, const MaskCutOptions& options, int threads,
                             const std::string& device) {
  std::vector<CutStep> steps;
  reinterpret_cast<MaskCutFunction>(engine_symbol(kMaskCutSymbol))(features, options, threads, device, &steps);
  return steps;
}

std::string default_model_path() {
  if (const char* named = std::getenv("VCL_MODEL_DIR"); named != nullptr && *named != 0)
    return (fs::path(named) / kDefaultModel).string();
  const fs::path built = own_folder().parent_path() / "models" / kDefaultModel;  // in a build folder
  std::error_code ignored;
  return fs::exists(built, ignored) ? built.string() : (fs::path(VCL_MODEL_DIR) / kDefaultModel).string();
}

}  // namespace vcl
