// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/draw/palette.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "support/text_list.hpp"
#include "vcl/error.hpp"

namespace gstvcl {
namespace {

std::optional<Rgb> parse_color(std::string_view text) {
  if (text.starts_with('#')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
  if (text.size() != 6 || error != std::errc() || stop != end) return std::nullopt;
  return Rgb{std::uint8_t(value >> 16), std::uint8_t(value >> 8), std::uint8_t(value)};
}

}  // namespace

Rgb palette_color(std::uint8_t index) {
  if (index == 0) return {};
  constexpr double kGoldenRatio = 0.6180339887498949;
  const double hue = std::fmod(index * kGoldenRatio, 1.0) * 6;
  // Every 13th hue almost repeats the first one, so saturation and brightness also change, with a period of 3.
  const double saturation = index % 3 == 2 ? 0.55 : 0.9, value = index % 3 == 0 ? 0.7 : 1.0;
  const auto channel = [&](double offset) {
    const double distance = std::fmod(hue + offset, 6.0);
    const double strength = std::clamp(std::min(distance, 4 - distance), 0.0, 1.0);
    return std::uint8_t(std::lround(255 * value * (1 - saturation * strength)));
  };
  return {channel(5), channel(3), channel(1)};
}

std::vector<Rgb> parse_palette(std::string_view text) {
  std::vector<Rgb> colors;
  for (const std::string_view part : vcl::split_list(text)) {
    const std::optional<Rgb> color = parse_color(part);
    if (!color)
      throw vcl::Error(vcl::ErrorKind::Invalid,
                       "palette: \"" + std::string(text) +
                           "\" is no list of colors: write each as six hexadecimal digits RRGGBB, with commas between, "
                           "such as e6194b,3cb44b, or nothing for the usual colors.");
    colors.push_back(*color);
  }
  return colors;
}

}  // namespace gstvcl
