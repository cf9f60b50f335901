// SPDX-License-Identifier: LGPL-2.1-or-later
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "libvcl/loader/engine_module.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/features.hpp"
#include "vcl/maskcut.hpp"

namespace vcl {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDefaultModel = "vcl-tiny.safetensors";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

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
  if (const fs::path named = variable("VCL_MODEL_DIR"); !named.empty()) return (named / kDefaultModel).string();
  const fs::path built = own_folder().parent_path() / "models" / kDefaultModel;  // in a build folder
  std::error_code ignored;
  return fs::exists(built, ignored) ? built.string() : (fs::path(VCL_MODEL_DIR) / kDefaultModel).string();
}

std::string model_folder() {
  fs::path data = variable("XDG_DATA_HOME");
  if (!data.is_absolute()) {  // by the XDG Base Directory Specification a relative one does not count
    const fs::path home = variable("HOME");
    if (!home.is_absolute()) return "";
    data = home / ".local" / "share";
  }
  return (data / "vcl" / "models").string();
}

std::string model_path(const std::string& model) {
  if (model.empty()) return default_model_path();
  std::error_code ignored;
  if (model.find_first_of("/.") != std::string::npos || fs::is_regular_file(model, ignored)) return model;
  const fs::path own = model_folder(), shipped = fs::path(default_model_path()).parent_path();
  for (const fs::path& folder : {own, shipped})
    for (const char* ending : {".safetensors", ".pth", ".pkl"})
      if (const fs::path path = folder / (model + ending); !folder.empty() && fs::is_regular_file(path, ignored))
        return path.string();
  throw Error(ErrorKind::NotFound, "there is neither a file '" + model + "' nor a model of that name in '" +
                                       own.string() + "'; vcl model get lists the models that it can fetch");
}

}  // namespace vcl
