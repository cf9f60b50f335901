// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

namespace gstvcl {

/// Paths of numbered files: a folder (NNNNN.png inside) or a pattern with one %d, such as out/%05d.png.
class NumberedPath {
 public:
  /// Throws vcl::Error(Invalid) naming the pattern when it is not exactly one %d, %Nd or %0Nd.
  explicit NumberedPath(const std::string& location);
  std::string at(std::uint64_t number) const;
  /// The folder that the files go to.
  std::string folder() const;

 private:
  std::string before_, after_;
  std::size_t width_ = 0;
  char fill_ = '0';
};

}  // namespace gstvcl
