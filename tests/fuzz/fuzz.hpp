// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/unit/core_memory_file.hpp"
#include "vcl/error.hpp"

/// What libFuzzer, or replay.cpp where there is none, calls with every input. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// What the fuzzers share. A target reads its input as the program would and ends the process at anything that no
/// input may do.
namespace vcl::fuzz {

inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// False: `read` refused its input as it should, by an Error that blames the file in one printable line. Any other
/// exception ends the process.
template <class Read>
bool accepts(Read read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    const std::string_view message = error.what();
    require(error.kind() == ErrorKind::Unreadable || error.kind() == ErrorKind::Unsupported,
            "an input is unreadable or unsupported");
    require(!message.empty() && message.size() < 4096, "a message is one sentence");
    require(std::ranges::all_of(message, [](char c) { return c >= ' ' && c <= '~'; }), "a message is printable");
    return false;
  }
}

}  // namespace vcl::fuzz
