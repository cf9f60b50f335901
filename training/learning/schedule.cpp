// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/learning/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vcl/error.hpp"

namespace vcl::train {
namespace {

constexpr double kDrop = 0.1;

double share_after_warm_up(const Schedule& schedule, double progress) {
  if (schedule.kind == "cosine") return 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, progress)));
  if (schedule.kind == "constant") return 1;
  if (schedule.kind != "step")
    throw Error(ErrorKind::Invalid, "there is no schedule " + schedule.kind + "; there are cosine, step and constant");
  const auto passed = std::ranges::count_if(schedule.drops, [&](double drop) { return progress >= drop; });
  return std::pow(kDrop, double(passed));
}

}  // namespace

double rate_share(const Schedule& schedule, std::int64_t step, double progress) {
  const double warm = schedule.warm_up > 0 ? std::min(1.0, double(step + 1) / schedule.warm_up) : 1;
  return warm * share_after_warm_up(schedule, progress);
}

}  // namespace vcl::train
