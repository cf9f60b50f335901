// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace vcl {

/// Calls `work` for each number below `count`, on all usable processors and in no particular order. Prints progress to
/// standard error: continuously on a terminal, elsewhere once per minute. The first error ends the batch and is
/// rethrown.
void run_batch(std::size_t count, const std::string& unit, const std::function<void(std::size_t)>& work);

/// Shows on a terminal that a file is being read, until it is destroyed.
class ReadingLine {
 public:
  explicit ReadingLine(const std::string& path);
  ~ReadingLine();
  ReadingLine(const ReadingLine&) = delete;
  ReadingLine& operator=(const ReadingLine&) = delete;
};

}  // namespace vcl
