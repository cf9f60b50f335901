// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

#include "vcl/result.hpp"
#include "vcl/vcl.h"

/// The result of a frame, with everything that its instances point to.
struct VclResult {
  /// Throws std::bad_alloc. `result` is then unchanged.
  explicit VclResult(vcl::FrameResult&& result);

  std::vector<std::string> counts;  ///< text form of each instance's mask
  vcl::FrameResult frame;
};
