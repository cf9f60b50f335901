// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

namespace gstvcl {

/// The paths of numbered files: a folder (with files NNNNN.png) or a pattern with one %d, such as out/%05d.png.
class NumberedPath {
 public:
  /// Throws vcl::Error(Invalid) that names the pattern if it has a '%' and is not exactly one %d, %Nd or %0Nd (or %u).
  explicit NumberedPath(const std::string& location);
  std::string at(std::uint64_t number) const;
  /// Returns the folder of the files.
  std::string folder() const;

 private:
  std::string before_, after_;
  std::size_t width_ = 0;
  char fill_ = '0';
};

}  // namespace gstvcl
