// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string_view>
#include <vector>

namespace vcl {

/// What stands between the commas of a list, without the blanks around it; nothing where the text is blank.
inline std::vector<std::string_view> split_list(std::string_view text) {
  const auto trimmed = [](std::string_view part) {
    const std::size_t first = part.find_first_not_of(' ');
    return first == part.npos ? part.substr(0, 0) : part.substr(first, part.find_last_not_of(' ') - first + 1);
  };
  std::vector<std::string_view> parts;
  if (trimmed(text).empty()) return parts;
  for (std::size_t begin = 0, comma = 0; comma != text.npos; begin = comma + 1) {
    comma = text.find(',', begin);
    parts.push_back(trimmed(text.substr(begin, comma - begin)));
  }
  return parts;
}

}  // namespace vcl
