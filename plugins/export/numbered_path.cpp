// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/export/numbered_path.hpp"

#include <algorithm>
#include <filesystem>

#include "vcl/error.hpp"

namespace gstvcl {

// The pattern is parsed here and never passed to printf, because it is untrusted.
NumberedPath::NumberedPath(const std::string& location) {
  const std::size_t percent = location.find('%');
  if (percent == std::string::npos) {
    before_ = location + "/";
    after_ = ".png";
    width_ = 5;
    return;
  }
  const std::size_t letter = std::min(location.find_first_not_of("0123456789", percent + 1), location.size());
  const std::string digits = location.substr(percent + 1, letter - percent - 1);
  const bool number = letter < location.size() && (location[letter] == 'd' || location[letter] == 'u');
  if (!number || digits.size() > 3 || location.find('%', letter) != std::string::npos)
    throw vcl::Error(vcl::ErrorKind::Invalid, "masks-location '" + location +
                                                  "' is no pattern: it must be a folder, or hold exactly one number "
                                                  "such as %05d.");
  before_ = location.substr(0, percent);
  after_ = location.substr(letter + 1);
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

}  // namespace gstvcl
