// SPDX-License-Identifier: LGPL-2.1-or-later
#include <array>
#include <charconv>
#include <string>

#include "vcl/error.hpp"
#include "vcl/region.hpp"

namespace vcl {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool read(std::string_view text, int& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

}  // namespace

Box box_from_text(std::string_view text) {
  if (trimmed(text).empty()) return {};
  const auto refuse = [text](const std::string& why) {
    throw Error(ErrorKind::Invalid, "region '" + std::string(text) + "': " + why);
  };
  std::array<int, 4> numbers{};
  std::string_view rest = text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t comma = rest.find(',');
    const bool is_last = i + 1 == numbers.size();
    if ((comma == rest.npos) != is_last || !read(trimmed(rest.substr(0, comma)), numbers[i]))
      refuse("write four whole numbers of pixels, X,Y,WIDTH,HEIGHT, such as 320,0,640,480");
    if (!is_last) rest.remove_prefix(comma + 1);
  }
  const auto [x, y, width, height] = numbers;
  if (x < 0 || y < 0) refuse("it begins outside of the frame; X and Y are 0 or more");
  if (width < 1 || height < 1) refuse("it is empty; WIDTH and HEIGHT are 1 or more");
  return {x, y, width, height};
}

}  // namespace vcl
