// SPDX-License-Identifier: LGPL-2.1-or-later
#include <c10/util/Exception.h>

#include "engine/stream/streaming_engine.hpp"
#include "vcl/error.hpp"

/// What vcl::open_engine looks up (kOpenEngineSymbol).
extern "C" __attribute__((visibility("default"))) vcl::Engine* vcl_engine_open(const vcl::EngineOptions& options) {
  try {
    return new vcl::StreamingEngine(options);
  } catch (const c10::Error& e) {
    throw vcl::Error(vcl::ErrorKind::Library, std::string("LibTorch: ") + e.what_without_backtrace());
  }
}
