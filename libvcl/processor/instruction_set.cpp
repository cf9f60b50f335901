// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/instruction_set.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "vcl/error.hpp"

namespace vcl {
namespace {

constexpr const char* kCap = "VCL_MAX_CPU";
constexpr const char* kNames[] = {"baseline", "avx2", "avx512", "avx512_bf16", "amx"};

#ifdef __x86_64__
bool has_bf16_tiles() {
  constexpr unsigned kBf16Tiles = 1U << 22;  // clang 14 has no name for it
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kBf16Tiles) != 0;
}

/// Checks the rest of x86-64-v3, for which __builtin_cpu_supports of gcc 12 and clang 14 has no names.
bool has_lzcnt_f16c_movbe() {
  constexpr unsigned kMovbe = 1U << 22, kF16c = 1U << 29, kLzcnt = 1U << 5;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kMovbe) == 0 || (c & kF16c) == 0) return false;
  return __get_cpuid(0x80000001, &a, &b, &c, &d) != 0 && (c & kLzcnt) != 0;
}

InstructionSet look_at_machine() {
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                  __builtin_cpu_supports("bmi2") && has_lzcnt_f16c_movbe();
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  const bool bf16 = v4 && __builtin_cpu_supports("avx512bf16");
  if (bf16 && has_bf16_tiles()) return InstructionSet::Amx;
  if (bf16) return InstructionSet::Avx512Bf16;
  if (v4) return InstructionSet::Avx512;
  return v3 ? InstructionSet::Avx2 : InstructionSet::Baseline;
}
#endif

/// Returns the cap from the environment, or the best instruction set if there is none.
InstructionSet cap() {
  const char* const asked = std::getenv(kCap);
  if (asked == nullptr || *asked == 0) return InstructionSet::Amx;
  const auto found = std::find(std::begin(kNames), std::end(kNames), std::string(asked));
  if (found == std::end(kNames))
    throw Error(ErrorKind::Invalid,
                std::string(kCap) + " must be baseline, avx2, avx512, avx512_bf16 or amx, not \"" + asked + "\"");
  return InstructionSet(found - std::begin(kNames));
}

}  // namespace

InstructionSet machine_instructions() {
#ifdef __x86_64__
  static const InstructionSet best = look_at_machine();
  return best;
#else
  return InstructionSet::Baseline;
#endif
}

InstructionSet usable_instructions() {
  static const InstructionSet best = std::min(cap(), machine_instructions());
  return best;
}

bool made_by_amd() {
#ifdef __x86_64__
  return __builtin_cpu_is("amd");
#else
  return false;
#endif
}

}  // namespace vcl
