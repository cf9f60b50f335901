// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

namespace vcl {

/// Returns LibTorch's current stream of a CUDA device, in the form that the hand-written kernels take. Throws
/// Error(Unsupported) if this LibTorch does not expose it.
void* current_cuda_stream(at::Device device);

/// Throws Error(Library) if `failure`, the error text of the kernels, is not null. `what` names the kernels: "the CRF's
/// CUDA kernels".
void check_kernels(const char* failure, const char* what);

}  // namespace vcl
