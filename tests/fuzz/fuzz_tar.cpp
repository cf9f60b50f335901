// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is a tar archive, whose checksums are set right first: no edit of a header would get past them.
#include <array>

#include "fuzz.hpp"
#include "training/photos/tar_members.hpp"

namespace {

constexpr std::size_t kBlock = 512, kSum = 148, kSumLength = 8;

void set_checksum(char* header) {
  std::fill_n(header + kSum, kSumLength, ' ');
  unsigned sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) sum += static_cast<unsigned char>(header[i]);
  std::array<char, kSumLength> octal{};
  std::snprintf(octal.data(), octal.size(), "%06o", sum);
  std::ranges::copy(octal, header + kSum);
}

bool is_empty(std::string_view block) {
  return std::ranges::all_of(block, [](char c) { return c == 0; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string archive(vcl::fuzz::text_of(data, size));
  for (std::size_t at = 0; at + kBlock <= size; at += kBlock)
    if (!is_empty(std::string_view(archive).substr(at, kBlock))) set_checksum(&archive[at]);
  const vcl::test::MemoryFile file(archive);
  vcl::train::find_members(file.path(), [&](const vcl::train::TarMember& member) {
    vcl::fuzz::require(member.offset <= size && member.bytes <= size - member.offset, "a member lies in the archive");
  });
  return 0;
}
