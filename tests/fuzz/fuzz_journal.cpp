// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is a journal, or what follows the first line of one.
#include <array>

#include "fuzz.hpp"
#include "support/journal.hpp"

namespace {

constexpr std::size_t kItems = 8;

void take_back(const std::string& bytes) {
  const vcl::test::MemoryFile file(bytes);
  try {
    vcl::Journal journal(file.path(), "fuzz", kItems);
    std::size_t done = 0, held = 0;
    for (std::size_t item = 0; item < kItems; ++item) {
      if (!journal.has(item)) continue;
      ++done;
      held += journal.read(item).size();
    }
    vcl::fuzz::require(done == journal.done(), "what is there is counted");
    vcl::fuzz::require(held <= bytes.size(), "records lie in the file");
    constexpr std::array kRecord = {std::byte{1}, std::byte{2}};
    journal.add(3, kRecord);
    vcl::fuzz::require(std::ranges::equal(journal.read(3), kRecord), "a new record counts");
  } catch (const vcl::Error& error) {
    vcl::fuzz::require(error.kind() == vcl::ErrorKind::Invalid, "only a journal of other work is refused");
    vcl::fuzz::require(!bytes.starts_with("fuzz\n"), "this is one of this work");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(vcl::fuzz::text_of(data, size));
  take_back(bytes);
  take_back("fuzz\n" + bytes);
  return 0;
}
