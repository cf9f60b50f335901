// SPDX-License-Identifier: LGPL-2.1-or-later
#include "export/numbered_path.hpp"

#include <filesystem>
#include <regex>

#include "vcl/error.hpp"

namespace gstvcl {

// The pattern is read here and never handed to printf: it comes from outside.
NumberedPath::NumberedPath(const std::string& location) {
  static const std::regex pattern("([^%]*)%(0?)([0-9]{0,2})[du]([^%]*)");
  std::smatch parts;
  if (location.find('%') == std::string::npos) {
    before_ = location + "/";
    after_ = ".png";
    width_ = 5;
  } else if (std::regex_match(location, parts, pattern)) {
    before_ = parts[1];
    after_ = parts[4];
    fill_ = parts[2].length() ? '0' : ' ';
    width_ = parts[3].length() ? std::stoul(parts[3]) : 0;
  } else {
    throw vcl::Error(vcl::ErrorKind::Invalid,
                     "masks-location '" + location +
                         "' is no pattern: it must be a folder, or hold exactly one number such "
                         "as %05d.");
  }
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
