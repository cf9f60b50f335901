// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vcl::train {

/// The schedule of the learning rate.
struct Schedule {
  std::string kind = "cosine";  ///< cosine: half a cosine over the budget; step: a tenth at each of `drops`; constant
  std::vector<double> drops;    ///< as shares of the budget
  int warm_up = 0;              ///< updates over which the rate rises linearly to its scheduled value
};

/// Returns the share of the maximum rate for update `step` (from 0) when the share `progress` (0 to 1) of the budget is
/// spent. Throws Error(Invalid) for another kind.
double rate_share(const Schedule& schedule, std::int64_t step, double progress);

}  // namespace vcl::train
