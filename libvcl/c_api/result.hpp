// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "vcl/result.hpp"
#include "vcl/vcl.h"

/// A frame's result with all that its instances point to.
struct VclResult {
  /// Throws std::bad_alloc, `result` is then as it was.
  explicit VclResult(vcl::FrameResult&& result);

  std::vector<std::string> counts;  ///< of each instance
  vcl::FrameResult frame;
};
