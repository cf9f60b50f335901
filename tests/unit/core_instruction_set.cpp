// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>

#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/instruction_set.hpp"

namespace vcl {
namespace {

/// Each cap in a process of its own, as it is read once.
class InstructionCap : public testing::Test {
 protected:
  InstructionCap() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

[[noreturn]] void leave_with_usable(const char* cap) {
  ::setenv("VCL_MAX_CPU", cap, 1);
  std::_Exit(int(usable_instructions()));
}

TEST_F(InstructionCap, IsTheMostThatIsUsedAndNoMoreThanTheMachineHas) {
  const char* const names[] = {"baseline", "avx2", "avx512", "avx512_bf16", "amx"};
  const int machine = int(machine_instructions());
  for (int cap = 0; cap < int(std::size(names)); ++cap)
    EXPECT_EXIT(leave_with_usable(names[cap]), testing::ExitedWithCode(std::min(cap, machine)), "") << names[cap];
  EXPECT_EXIT(leave_with_usable(""), testing::ExitedWithCode(machine), "");
}

[[noreturn]] void leave_with_refusal(const char* cap) {
  ::setenv("VCL_MAX_CPU", cap, 1);
  try {
    open_engine({});
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    std::_Exit(error.kind() == ErrorKind::Invalid ? 0 : 1);
  }
  std::_Exit(2);
}

TEST_F(InstructionCap, UnknownOnesAreRefusedWithThoseThereAre) {
  for (const char* cap : {"sse9", "AVX2", " avx2", "avx5120", "none"})
    EXPECT_EXIT(leave_with_refusal(cap), testing::ExitedWithCode(0),
                "VCL_MAX_CPU must be baseline, avx2, avx512, avx512_bf16 or amx, not \"" + std::string(cap) + "\"");
}

}  // namespace
}  // namespace vcl
