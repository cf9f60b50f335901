// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is a line of the JSON that vcl-export writes. What is read must be written and read again the same.
#include "fuzz.hpp"
#include "vcl/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using vcl::fuzz::require;
  vcl::fuzz::accepts([&] {
    const vcl::FrameResult frame = vcl::frame_from_json(vcl::fuzz::text_of(data, size));
    const std::string written = vcl::frame_to_json(frame);
    require(vcl::frame_to_json(vcl::frame_from_json(written)) == written, "a frame survives writing and reading");
    vcl::YtvisResults results;
    results.add(frame);
    require(!results.to_json().empty(), "a frame makes results");
  });
  return 0;
}
