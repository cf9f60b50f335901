// SPDX-License-Identifier: LGPL-2.1-or-later
#include <charconv>

#include "libvcl/files/strict_json.hpp"
#include "vcl/error.hpp"
#include "vcl/features.hpp"

namespace vcl {
namespace {

bool read_side(std::string_view text, int& side) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
  return error == std::errc() && end == text.data() + text.size() && side >= 1 && side <= kMaxInputSide;
}

}  // namespace

Size input_size_from_text(std::string_view text) {
  const std::size_t x = text.find('x');
  Size size;
  if (!read_side(text.substr(0, x), size.width) || !read_side(x == text.npos ? text : text.substr(x + 1), size.height))
    throw Error(ErrorKind::Invalid,
                in_quotes(text) + " is not a size: give W or WxH, sides from 1 to " + std::to_string(kMaxInputSide));
  return size;
}

}  // namespace vcl
