// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace vcl {

/// Calls `work` for every number below `count`, on all usable processors and in no order, and says on standard error
/// how far it is: on a terminal at once, elsewhere each minute. The first error ends it and is thrown.
void run_batch(std::size_t count, const std::string& unit, const std::function<void(std::size_t)>& work);

/// Says on a terminal that a file is read, as long as it is.
class ReadingLine {
 public:
  explicit ReadingLine(const std::string& path);
  ~ReadingLine();
  ReadingLine(const ReadingLine&) = delete;
  ReadingLine& operator=(const ReadingLine&) = delete;
};

}  // namespace vcl
