// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <libvcl/loader/interface_hash.hpp>  // made by the build

#include "vcl/crf.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/features.hpp"
#include "vcl/maskcut.hpp"

/// The functions that an engine module exports, by their C names. They are extern "C" and throw vcl::Error.
namespace vcl {

using OpenEngineFunction = Engine* (*)(const EngineOptions& options);
inline constexpr const char* kOpenEngineSymbol = "vcl_engine_open";

using OpenModelFunction = LoadedModel* (*)(const EngineOptions& options);
inline constexpr const char* kOpenModelSymbol = "vcl_model_open";

using OpenFeaturesFunction = FeatureExtractor* (*)(const FeatureOptions& options);
inline constexpr const char* kOpenFeaturesSymbol = "vcl_features_open";

using MaskCutFunction = void (*)(const FeatureMap& features, const MaskCutOptions& options, int threads,
                                 const std::string& device, std::vector<CutStep>* steps);
inline constexpr const char* kMaskCutSymbol = "vcl_maskcut";

/// DenseCrf::refine on a CUDA device. Returns false and does nothing if the device is the CPU or the module has no CUDA
/// kernels.
using RefineMasksFunction = bool (*)(std::span<const std::uint8_t> rgb, Size size, const CrfSettings& settings,
                                     std::span<const Mask> masks, const std::string& device,
                                     std::vector<Mask>* refined);
inline constexpr const char* kRefineMasksSymbol = "vcl_refine_masks";

/// What a library and an engine module must agree on: the text of this header and of all that declare what libvcl
/// exports, which holds every struct and function that passes between them, and the sizes that the compiler and its
/// library choose.
constexpr std::uint64_t engine_abi() {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const std::uint64_t value :
       {kInterfaceHash, std::uint64_t(sizeof(std::string)), std::uint64_t(sizeof(std::vector<int>)),
        std::uint64_t(sizeof(EngineOptions)), std::uint64_t(sizeof(FeatureOptions)), std::uint64_t(sizeof(Error))})
    hash = (hash ^ value) * 0x100000001B3;
  return hash;
}

/// Returns the engine_abi() that the module was compiled with.
using EngineAbiFunction = std::uint64_t (*)();
inline constexpr const char* kEngineAbiSymbol = "vcl_engine_abi";

/// A function of the engine module by its C name; the module is loaded on first use and never unloaded. Throws
/// Error(Library) with the cure, also where the module has another engine_abi().
void* engine_symbol(const char* name);

/// The folder that libvcl was loaded from.
std::filesystem::path own_folder();

}  // namespace vcl
