// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is the index of an MP4 file.
#include "fuzz.hpp"
#include "tools/media/movie_index.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string before(vcl::fuzz::text_of(data, size));
  std::string after = before;
  vcl::is_mirrored_and_turned(before);
  const bool mended = vcl::take_duration_out(after);
  vcl::fuzz::require(after.size() == before.size(), "the index keeps its size");
  vcl::fuzz::require(mended || after == before, "what is not mended stays as it is");
  std::size_t changed = 0;
  for (std::size_t i = 0; i < size; ++i) {
    changed += after[i] != before[i];
    vcl::fuzz::require(after[i] == before[i] || after[i] == '\0', "only a duration is taken out");
  }
  vcl::fuzz::require(changed <= 8, "only one duration is taken out");
  vcl::fuzz::require(!mended || !vcl::take_duration_out(after), "mended once, it is mended");
  return 0;
}
