// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

namespace vcl {

/// LibTorch's current stream of a CUDA device, as the hand-written kernels take it. Throws Error(Unsupported) where
/// this LibTorch does not tell it.
void* current_cuda_stream(at::Device device);

/// Throws Error(Library) where the kernels gave the text of a failure; `what`: "the CRF's CUDA kernels".
void check_kernels(const char* failure, const char* what);

}  // namespace vcl
