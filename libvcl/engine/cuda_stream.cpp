// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/cuda_stream.hpp"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <string>

#include "vcl/error.hpp"

namespace vcl {
namespace {

// LibTorch before 2.7 does not expose the handle. Only the default stream, which the engine always uses, works there.
void* native_handle(const auto& stream) {
  if constexpr (requires { stream.native_handle(); }) {
    return stream.native_handle();
  } else {
    if (stream.id() != 0)
      throw Error(ErrorKind::Unsupported,
                  "this LibTorch runs CUDA kernels on the default stream only: use LibTorch 2.7");
    return nullptr;
  }
}

}  // namespace

void* current_cuda_stream(at::Device device) {
  return native_handle(c10::impl::VirtualGuardImpl(at::kCUDA).getStream(device));
}

void check_kernels(const char* failure, const char* what) {
  if (failure == nullptr) return;
  throw Error(ErrorKind::Library, std::string(what) + " failed (" + failure + "): update the driver or use device cpu");
}

}  // namespace vcl
