// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is the width and the height of a mask, 2 bytes each, then COCO's text of its runs.
#include "fuzz.hpp"
#include "vcl/mask.hpp"

namespace {

constexpr int kDecodedPixels = 1 << 16;  // larger masks are not drawn: that says nothing new

void check(const vcl::Rle& mask) {
  using vcl::fuzz::require;
  const std::string text = vcl::rle_to_string(mask);
  require(vcl::rle_from_string(text, mask.width, mask.height) == mask, "a mask survives writing and reading");
  const std::uint64_t area = vcl::rle_area(mask);
  require(vcl::rle_intersection(mask, mask) == area, "a mask meets itself everywhere");
  const vcl::Box box = vcl::rle_box(mask);
  require(area <= std::uint64_t(box.width) * std::uint64_t(box.height), "the box holds the mask");
  require(box.x >= 0 && box.y >= 0 && box.x + box.width <= mask.width && box.y + box.height <= mask.height,
          "the box lies in the frame");
  if (std::int64_t(mask.width) * mask.height > kDecodedPixels) return;
  require(vcl::rle_encode(vcl::rle_decode(mask)) == mask, "a mask survives drawing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const int width = data[0] | data[1] << 8, height = data[2] | data[3] << 8;
  vcl::fuzz::accepts([&] { check(vcl::rle_from_string(vcl::fuzz::text_of(data + 4, size - 4), width, height)); });
  return 0;
}
