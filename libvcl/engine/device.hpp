// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <string>

namespace vcl {

/// auto (CUDA where there is one), cpu, cuda or cuda:N. Throws Error(Invalid) on other names and
/// Error(Library) when the device asked for is not there.
at::Device open_device(const std::string& name);

/// The same for inference: from now on, in the whole process, cuDNN no longer rounds the inputs of fp32 convolutions to
/// 10 bits (TF32), so that results do not depend on the device.
at::Device open_exact_device(const std::string& name);

/// Lets LibTorch compute on this many CPU threads from now on, in the whole process; 0: all usable ones. Throws
/// Error(Invalid) outside 0..1024.
void use_threads(int threads);

}  // namespace vcl
