// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation/index_png.hpp"

#include <png.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "vcl/error.hpp"
#include "vcl/mask.hpp"

namespace vcl {
namespace {

/// The message of libpng before its longjmp. Code that is jumped over must not need destructors.
struct Complaint {
  char text[120] = "";
};

[[noreturn]] void complain(png_structp png, png_const_charp message) {
  std::snprintf(static_cast<Complaint*>(png_get_error_ptr(png))->text, sizeof(Complaint::text), "%s", message);
  png_longjmp(png, 1);
}

void ignore(png_structp, png_const_charp) {}

bool read_header(png_structp png, png_infop info) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_info(png, info);
  png_set_packing(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return true;
}

bool read_rows(png_structp png, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

struct Reader {
  explicit Reader(Complaint* complaint)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, complaint, complain, ignore)),
        info(png_create_info_struct(png)) {}
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  png_structp png;
  png_infop info;
};

bool is_black_and_white(const std::vector<std::uint8_t>& values) {
  return std::ranges::all_of(values, [](std::uint8_t value) { return value == 0 || value == 255; });
}

}  // namespace

IndexImage read_index_png(const std::string& path) {
  const auto refuse = [&](const std::string& why) { throw Error(ErrorKind::Unreadable, path + ": " + why); };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) throw Error(ErrorKind::NotFound, path + ": cannot be opened");
  Complaint complaint;
  Reader reader(&complaint);
  png_init_io(reader.png, file.get());
  if (!read_header(reader.png, reader.info)) refuse(std::string("no PNG: ") + complaint.text);
  const int colours = png_get_color_type(reader.png, reader.info);
  if ((colours != PNG_COLOR_TYPE_PALETTE && colours != PNG_COLOR_TYPE_GRAY) ||
      png_get_bit_depth(reader.png, reader.info) > 8)
    refuse(
        "a PNG in colours or of 16 bits; masks are index images: a palette or 8 bits of gray, the value is the object");
  const png_uint_32 width = png_get_image_width(reader.png, reader.info);
  const png_uint_32 height = png_get_image_height(reader.png, reader.info);
  if (std::int64_t(width) * std::int64_t(height) > kMaxMaskPixels) refuse("more pixels than a mask may have");
  IndexImage image{{int(width), int(height)}, std::vector<std::uint8_t>(std::size_t(width) * height)};
  std::vector<png_bytep> rows;
  for (png_uint_32 y = 0; y < height; ++y) rows.push_back(image.labels.data() + std::size_t(y) * width);
  if (!read_rows(reader.png, rows.data())) refuse(std::string("a broken PNG: ") + complaint.text);
  if (colours == PNG_COLOR_TYPE_GRAY && is_black_and_white(image.labels))
    std::ranges::replace(image.labels, std::uint8_t(255), std::uint8_t(1));
  return image;
}

}  // namespace vcl
