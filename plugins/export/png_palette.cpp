// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/export/png_palette.hpp"

#include <png.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "plugins/attach/region_id.hpp"
#include "plugins/draw/palette.hpp"
#include "vcl/mask_crop.hpp"

namespace gstvcl {
namespace {

std::vector<std::uint8_t> index_image(const vcl::FrameResult& frame) {
  std::vector<std::uint8_t> image(std::size_t(frame.size.width) * std::size_t(frame.size.height));
  for (auto instance = frame.instances.rbegin(); instance != frame.instances.rend(); ++instance) {
    const vcl::Box box = instance->box;
    const vcl::Mask crop = vcl::rle_crop(instance->mask, box);
    const std::uint8_t index = region_id<std::uint8_t>(instance->track_id);
    for (int y = 0; y < box.height; ++y)
      for (int x = 0; x < box.width; ++x)
        if (crop.at(x, y))
          image[std::size_t(box.y + y) * std::size_t(frame.size.width) + std::size_t(box.x + x)] = index;
  }
  return image;
}

// All 256 entries. With fewer, libpng would choose fewer bits per pixel.
const std::array<std::uint8_t, 256 * 3>& palette() {
  static const auto table = [] {
    std::array<std::uint8_t, 256 * 3> entries{};
    for (std::size_t i = 0; i < 256; ++i) {
      const Rgb color = palette_color(std::uint8_t(i));
      entries[3 * i] = color.r;
      entries[3 * i + 1] = color.g;
      entries[3 * i + 2] = color.b;
    }
    return entries;
  }();
  return table;
}

}  // namespace

std::string index_png(const vcl::FrameResult& frame) {
  const std::vector<std::uint8_t> pixels = index_image(frame);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = png_uint_32(frame.size.width);
  image.height = png_uint_32(frame.size.height);
  image.format = PNG_FORMAT_RGB_COLORMAP;
  image.flags = PNG_IMAGE_FLAG_FAST;
  image.colormap_entries = 256;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = bytes.size();
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), frame.size.width, palette().data()))
    throw std::runtime_error(std::string("libpng cannot write an index image: ") + image.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace gstvcl
