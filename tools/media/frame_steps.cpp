// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/media/frame_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>

namespace vcl {
namespace {

std::optional<std::int64_t> number_of(const std::string& image) {
  constexpr const char* kDigits = "0123456789";
  const std::string name = std::filesystem::path(image).stem();
  const std::size_t last = name.find_last_of(kDigits);
  if (last == std::string::npos) return {};
  const std::size_t before = name.find_last_not_of(kDigits, last);
  const std::size_t first = before == std::string::npos ? 0 : before + 1;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + first, name.data() + last + 1, number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string uneven_step(const std::vector<std::string>& images) {
  std::vector<std::int64_t> numbers;
  std::map<std::int64_t, int> steps;
  for (const std::string& image : images) {
    const auto number = number_of(image);
    if (!number || *number < 0) return {};
    if (!numbers.empty()) ++steps[*number - numbers.back()];
    numbers.push_back(*number);
  }
  if (steps.size() < 2) return {};
  const auto more_often = [](const auto& a, const auto& b) { return a.second < b.second; };
  const std::int64_t usual = std::ranges::max_element(steps, more_often)->first;
  for (std::size_t i = 1;; ++i)
    if (numbers[i] - numbers[i - 1] != usual) return fmt::format("{} is followed by {}", numbers[i - 1], numbers[i]);
}

}  // namespace vcl
