// SPDX-License-Identifier: LGPL-2.1-or-later
// The input is a PNG.
#include "evaluation/index_png.hpp"
#include "fuzz.hpp"
#include "tools/media/file_bytes.hpp"

namespace {

/// A mask may have so many pixels that the fuzzer's limit of memory is in the way.
bool is_large(std::string_view bytes) {
  constexpr std::uint64_t kMostPixels = 1 << 24;
  return bytes.size() >= 24 &&
         vcl::big_endian(bytes.substr(16, 4)) * vcl::big_endian(bytes.substr(20, 4)) > kMostPixels;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = vcl::fuzz::text_of(data, size);
  if (is_large(bytes)) return 0;
  const vcl::test::MemoryFile file(bytes);
  vcl::fuzz::accepts([&] {
    const vcl::IndexImage image = vcl::read_index_png(file.path());
    vcl::fuzz::require(image.size.width > 0 && image.size.height > 0, "an image has pixels");
    vcl::fuzz::require(image.labels.size() == std::size_t(image.size.width) * std::size_t(image.size.height),
                       "each pixel has a label");
  });
  return 0;
}
