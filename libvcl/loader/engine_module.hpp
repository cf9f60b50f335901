// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <filesystem>

#include "vcl/crf.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/features.hpp"
#include "vcl/maskcut.hpp"

namespace vcl {

/// What a library and an engine module must agree on: a number that grows with each change of what their functions
/// mean, and the sizes of all that passes between them.
constexpr std::uint64_t engine_abi() {
  constexpr std::uint64_t kMeaning = 1;
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const std::uint64_t value :
       {kMeaning, std::uint64_t(sizeof(EngineOptions)), std::uint64_t(sizeof(Filters)),
        std::uint64_t(sizeof(FrameView)), std::uint64_t(sizeof(FrameResult)), std::uint64_t(sizeof(Instance)),
        std::uint64_t(sizeof(Rle)), std::uint64_t(sizeof(Mask)), std::uint64_t(sizeof(FeatureOptions)),
        std::uint64_t(sizeof(FeatureMap)), std::uint64_t(sizeof(NetworkInput)), std::uint64_t(sizeof(MaskCutOptions)),
        std::uint64_t(sizeof(CutStep)), std::uint64_t(sizeof(CrfSettings)), std::uint64_t(sizeof(std::string)),
        std::uint64_t(sizeof(Error))})
    hash = (hash ^ value) * 0x100000001B3;
  return hash;
}

/// What the module says its own engine_abi() is: extern "C", no arguments.
using EngineAbiFunction = std::uint64_t (*)();
inline constexpr const char* kEngineAbiSymbol = "vcl_engine_abi";

/// A function of the engine module by its C name; the module is loaded on first use and never unloaded. Throws
/// Error(Library) with the cure, also where the module has another engine_abi().
void* engine_symbol(const char* name);

/// The folder that libvcl was loaded from.
std::filesystem::path own_folder();

}  // namespace vcl
