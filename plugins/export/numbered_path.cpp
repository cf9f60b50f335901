// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/export/numbered_path.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "vcl/error.hpp"

namespace gstvcl {

// The pattern is parsed here and never passed to printf, because it is untrusted.
NumberedPath::NumberedPath(const std::string& property, const std::string& pattern, NumberIn where) {
  const bool in_name = where == NumberIn::FileName;
  const std::size_t start = in_name ? pattern.rfind('/') + 1 : 0;  // npos + 1 is 0
  const std::size_t percent = std::min(pattern.find('%', start), pattern.size());
  const std::size_t letter = std::min(pattern.find_first_not_of("0123456789", percent + 1), pattern.size());
  const std::string digits = percent < letter ? pattern.substr(percent + 1, letter - percent - 1) : "";
  const bool number = letter < pattern.size() && (pattern[letter] == 'd' || pattern[letter] == 'u');
  if (!number || digits.size() > 3 || pattern.find('%', letter) != std::string::npos)
    throw vcl::Error(vcl::ErrorKind::Invalid, property + " '" + pattern +
                                                  "' is no pattern: " + (in_name ? "its file name" : "it") +
                                                  " must hold exactly one number such as %05d.");
  before_ = pattern.substr(0, percent);
  after_ = pattern.substr(letter + 1);
  fill_ = digits.starts_with('0') ? '0' : ' ';
  width_ = digits.empty() ? 0 : std::stoul(digits);
}

std::string NumberedPath::at(std::uint64_t number) const {
  std::string digits = std::to_string(number);
  if (digits.size() < width_) digits.insert(0, width_ - digits.size(), fill_);
  return before_ + digits + after_;
}

std::string NumberedPath::folder() const {
  const std::string folder = std::filesystem::path(at(0)).parent_path();
  return folder.empty() ? "." : folder;
}

std::uint64_t NumberedPath::next() const {
  const std::string start = std::filesystem::path(before_ + "0").filename().string();
  const std::string_view before = std::string_view(start).substr(0, start.size() - 1);
  std::uint64_t next = 0;
  std::error_code none;  // a folder that cannot be read shows when a file is made in it
  for (std::filesystem::directory_iterator entry(folder(), none), end; entry != end; entry.increment(none)) {
    const std::string name = entry->path().filename().string();
    if (name.size() <= before.size() + after_.size() || !name.starts_with(before) || !name.ends_with(after_)) continue;
    std::string_view digits = std::string_view(name).substr(before.size());
    digits.remove_suffix(after_.size());
    digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && stop == digits.data() + digits.size() && number < UINT64_MAX)
      next = std::max(next, number + 1);
  }
  return next;
}

}  // namespace gstvcl
