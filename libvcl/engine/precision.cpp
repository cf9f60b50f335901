// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/precision.hpp"

#include <ATen/detail/CUDAHooksInterface.h>

#include "vcl/error.hpp"
#include "vcl/instruction_set.hpp"

namespace vcl {

Precision precision_of(const std::string& name, const at::Device& device) {
  if (name == "fp32") return Precision::Fp32;
  if (name == "bf16") return Precision::Bf16;
  if (name != "auto") throw Error(ErrorKind::Invalid, "the precision must be auto, fp32 or bf16, not \"" + name + "\"");
  const bool narrow = device.is_cuda() ? at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8()
                                       : usable_instructions() >= InstructionSet::Avx512Bf16;
  return narrow ? Precision::Bf16 : Precision::Fp32;
}

}  // namespace vcl
