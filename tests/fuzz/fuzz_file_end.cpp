// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is a media file of the container that its first bytes say.
#include "fuzz.hpp"
#include "tools/media/file_end.hpp"

namespace {

vcl::FileEnd end_of(std::string_view bytes) {
  return vcl::find_file_end(vcl::test::MemoryFile(bytes).path());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(vcl::fuzz::text_of(data, size));
  if (end_of(bytes) == vcl::FileEnd::Whole)
    vcl::fuzz::require(end_of(bytes + "camera-trailer-8db42d694ccc418790") != vcl::FileEnd::Cut,
                       "what is appended to a whole file does not make it cut off");
  return 0;
}
