// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace vcl {

/// Returns the index in [0, from) under the center of the pixel with this index in [0, to).
inline int nearest_index(std::int64_t index, int from, int to) {
  return int((2 * index + 1) * from / (2 * std::int64_t(to)));
}

}  // namespace vcl
