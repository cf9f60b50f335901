// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

namespace gstvcl {

/// Where a pattern has its number. In FileName, folders may have any name.
enum class NumberIn { Path, FileName };

/// The paths of numbered files: a pattern with one %d, such as out/%05d.png.
class NumberedPath {
 public:
  /// Throws vcl::Error(Invalid) that names the property and the pattern if `pattern` has not exactly one %d, %Nd or
  /// %0Nd (or %u) there.
  NumberedPath(const std::string& property, const std::string& pattern, NumberIn where);
  std::string at(std::uint64_t number) const;
  /// Returns the folder of the files.
  std::string folder() const;
  /// Returns the number behind the highest one that a file in the folder has. 0: there is no such file. Only for
  /// FileName.
  std::uint64_t next() const;

 private:
  std::string before_, after_;
  std::size_t width_ = 0;
  char fill_ = '0';
};

}  // namespace gstvcl
