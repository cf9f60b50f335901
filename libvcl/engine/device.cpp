// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/device.hpp"

#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <algorithm>
#include <charconv>

#include "vcl/error.hpp"
#include "vcl/threads.hpp"

namespace vcl {

at::Device open_device(const std::string& name) {
  const int devices = at::hasCUDA() ? int(at::detail::getCUDAHooks().deviceCount()) : 0;
  if (name == "cpu" || (name == "auto" && devices == 0)) return at::kCPU;
  if (name == "auto" || name == "cuda") {
    if (devices == 0)
      throw Error(ErrorKind::Library, "device cuda: LibTorch sees no CUDA device; use device cpu or auto");
    return at::Device(at::kCUDA, 0);
  }
  int index = -1;
  const char* end = name.data() + name.size();
  if (!name.starts_with("cuda:") || std::from_chars(name.data() + 5, end, index) != std::from_chars_result{end, {}} ||
      index < 0)
    throw Error(ErrorKind::Invalid, "device must be auto, cpu, cuda or cuda:N, not \"" + name + "\"");
  if (index >= devices)
    throw Error(ErrorKind::Library, "device " + name + ": LibTorch sees " + std::to_string(devices) +
                                        " CUDA devices; use device cpu or auto");
  return at::Device(at::kCUDA, at::DeviceIndex(index));
}

at::Device open_exact_device(const std::string& name) {
  const at::Device device = open_device(name);
  if (device.is_cuda()) at::globalContext().setAllowTF32CuDNN(false);
  return device;
}

void use_threads(int threads) {
  if (threads < 0 || threads > 1024)
    throw Error(ErrorKind::Invalid, "threads must be between 0 (all usable ones) and 1024");
  static const int usable = usable_processors(), granted = granted_processors();  // read files, so not for each frame
  const int wanted = threads == 0 ? usable : std::min(threads, granted);
  if (at::get_num_threads() != wanted) at::set_num_threads(wanted);
}

}  // namespace vcl
