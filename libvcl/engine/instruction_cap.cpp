// SPDX-License-Identifier: LGPL-2.1-or-later
#include <cstdlib>

#include "vcl/error.hpp"
#include "vcl/instruction_set.hpp"

namespace vcl {
namespace {

/// The values of the environment variables that cap the instructions of ATen, oneDNN and MKL.
struct Words {
  const char *aten, *onednn, *mkl;
};

Words words_for(InstructionSet instructions) {
  switch (instructions) {
    case InstructionSet::Baseline:
      return {"default", "SSE41", "SSE4_2"};
    case InstructionSet::Avx2:
      return {"avx2", "AVX2", "AVX2"};
    case InstructionSet::Avx512:
      return {"avx512", "AVX512_CORE", "AVX512"};
    default:
      return {"avx512", "AVX512_CORE_BF16", "AVX512_E2"};
  }
}

/// Passes the cap on when the engine is loaded, because LibTorch's parts read these variables when they first compute.
[[gnu::constructor]] void cap_libtorch() {
  try {
    if (usable_instructions() == machine_instructions()) return;
  } catch (const Error&) {
    return;  // open_engine reports this error
  }
  const Words words = words_for(usable_instructions());
  ::setenv("ATEN_CPU_CAPABILITY", words.aten, 1);
  ::setenv("ONEDNN_MAX_CPU_ISA", words.onednn, 1);
  ::setenv("MKL_ENABLE_INSTRUCTIONS", words.mkl, 1);
}

}  // namespace
}  // namespace vcl
