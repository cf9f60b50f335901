// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/cuda/kernels.hpp"

namespace vcl {

const CudaKernels& cuda_kernels() {
  static const CudaKernels none;
  return none;
}

}  // namespace vcl
