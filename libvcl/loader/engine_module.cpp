// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/loader/engine_module.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <system_error>

#include "vcl/error.hpp"
#include "vcl/instruction_set.hpp"

namespace vcl {

namespace fs = std::filesystem;

namespace {

constexpr const char* kModule = "libvcl-engine.so";

/// Returns $VCL_ENGINE_MODULE, or the module beside libvcl (installed) or below it (build folder).
std::string module_path() {
  if (const char* named = std::getenv("VCL_ENGINE_MODULE"); named != nullptr && *named != 0) return named;
  const fs::path folder = own_folder();
  for (const fs::path& path : {folder / kModule, folder / "engine" / kModule}) {
    std::error_code ignored;
    if (fs::exists(path, ignored)) return path.string();
  }
  throw Error(ErrorKind::Library, "the engine module " + std::string(kModule) + " is not in " + folder.string() +
                                      ": run ./setup.sh and build gst-vcl with -Dengine=enabled, or name the module "
                                      "in VCL_ENGINE_MODULE");
}

std::string dl_error() {
  const char* text = ::dlerror();
  return text == nullptr ? "unknown error" : text;
}

/// Returns whether libgcc raises exceptions. In a C program, GStreamer's libunwind may come first.
bool unwinds_with_libgcc() {
  Dl_info info{};
  void* const raise = ::dlsym(RTLD_DEFAULT, "_Unwind_RaiseException");
  return raise != nullptr && ::dladdr(raise, &info) != 0 && info.dli_fname != nullptr &&
         fs::path(info.dli_fname).filename().string().starts_with("libgcc_s");
}

/// Returns whether the host itself is linked with LibTorch. It then has its own copies of LibTorch's variables, and
/// everyone must use these.
bool links_libtorch() {
  return ::dlsym(RTLD_DEFAULT, "_ZN3c1019UndefinedTensorImpl10_singletonE") != nullptr;
}

#ifndef __has_feature
#define __has_feature(name) 0  // clang's counterpart of gcc's macros
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
constexpr bool kMayPreferOwn = false;  // AddressSanitizer refuses RTLD_DEEPBIND
#else
constexpr bool kMayPreferOwn = true;
#endif

// LibTorch brings its own BLAS. If the host links another one (OpenCV brings the reference BLAS), LibTorch would use
// that, which made inference four times slower. Only then does the engine prefer its own symbols, and only if these
// include the unwinder of the process: an exception that libunwind raises and libgcc resumes aborts.
int symbol_preference() {
  const bool foreign_blas = ::dlsym(RTLD_DEFAULT, "sgemm_") != nullptr;
  return kMayPreferOwn && foreign_blas && !links_libtorch() && unwinds_with_libgcc() ? RTLD_DEEPBIND : 0;
}

void* load_module(const std::string& path) {
  void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | symbol_preference());
  if (module == nullptr) {
    throw Error(ErrorKind::Library, "cannot load the engine " + path + ": " + dl_error() +
                                        " (run ./setup.sh to install LibTorch, then build again)");
  }
  return module;
}

void* symbol_in(void* module, const std::string& path, const char* name) {
  void* const symbol = ::dlsym(module, name);
  if (symbol == nullptr)
    throw Error(ErrorKind::Library, path + " is no engine of this gst-vcl: " + dl_error() + " (build it again)");
  return symbol;
}

void check_abi(void* module, const std::string& path) {
  if (reinterpret_cast<EngineAbiFunction>(symbol_in(module, path, kEngineAbiSymbol))() != engine_abi())
    throw Error(ErrorKind::Library, path + " is the engine of another build of gst-vcl than " + own_folder().string() +
                                        "/libvcl.so: build or install both together, or unset VCL_ENGINE_MODULE");
}

}  // namespace

fs::path own_folder() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code ignored;  // the unresolved path is used then
  const fs::path file = fs::canonical(info.dli_fname, ignored);
  return (ignored ? fs::path(info.dli_fname) : file).parent_path();
}

void* engine_symbol(const char* name) {
  static std::mutex mutex;
  static std::string path;
  static void* module = nullptr;  // never unloaded, because LibTorch does not survive that
  usable_instructions();          // refuses an invalid VCL_MAX_CPU here, because the loaded engine cannot
  const std::lock_guard lock(mutex);
  const std::string from = module == nullptr ? module_path() : path;
  void* const opened = module == nullptr ? load_module(from) : module;
  if (module == nullptr) check_abi(opened, from);
  void* const symbol = symbol_in(opened, from, name);
  module = opened;  // only a good module is kept; a failed load is tried again
  path = from;
  return symbol;
}

}  // namespace vcl
