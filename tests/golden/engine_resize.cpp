// SPDX-License-Identifier: LGPL-2.1-or-later
// Pillow's resizing to the byte (tests/golden/data/resize/README.md): no tolerance.
#include "vcl/resize.hpp"

#include <algorithm>
#include <cstdio>

#include "engine_golden.hpp"

namespace vcl {
namespace {

TEST(GoldenResize, AllOutputs) {
  VCL_GOLDEN_FOLDER(folder, "resize");
  const SafetensorsFile file(folder + "/pil_resize.safetensors");
  int compared = 0;
  for (const auto& [name, expected] : file.tensors()) {
    if (!name.starts_with("out.")) continue;
    SCOPED_TRACE(name);
    const auto second_dot = name.find('.', 4), third_dot = name.find('.', second_dot + 1);
    const std::string filter = name.substr(second_dot + 1, third_dot - second_dot - 1);
    const TensorView& source = file.at("src." + name.substr(4, second_dot - 4));
    Size to;
    ASSERT_EQ(std::sscanf(name.c_str() + third_dot + 1, "%dx%d", &to.width, &to.height), 2);
    const int channels = source.shape.size() == 3 ? int(source.shape[2]) : 1;
    const auto got = resize_bytes(reinterpret_cast<const std::uint8_t*>(source.bytes.data()),
                                  {int(source.shape[1]), int(source.shape[0])}, channels, to,
                                  filter == "lanczos" ? ResizeFilter::Lanczos : ResizeFilter::Bicubic);
    ASSERT_EQ(got.size(), expected.bytes.size());
    EXPECT_TRUE(std::equal(got.begin(), got.end(), reinterpret_cast<const std::uint8_t*>(expected.bytes.data())));
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace vcl
