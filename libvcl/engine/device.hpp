// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <string>

namespace vcl {

/// Opens the device auto (CUDA if there is a CUDA device), cpu, cuda or cuda:N. Throws Error(Invalid) for other names
/// and Error(Library) if the requested device does not exist.
at::Device open_device(const std::string& name);

/// Opens a device for inference. For CUDA it also turns TF32 off in the whole process: cuDNN then no longer rounds the
/// inputs of fp32 convolutions to 10 bits, so results do not depend on the device.
at::Device open_exact_device(const std::string& name);

/// Sets the number of CPU threads that LibTorch uses, for the whole process: at most one per processor that the process
/// is granted. 0 selects usable_processors(). Throws Error(Invalid) outside 0..1024.
void use_threads(int threads);

}  // namespace vcl
