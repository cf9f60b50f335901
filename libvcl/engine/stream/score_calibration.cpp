// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libvcl/engine/stream/score_calibration.hpp"

#include <algorithm>
#include <cmath>

#include "vcl/error.hpp"

namespace vcl {

ScoreCalibration::ScoreCalibration(const nlohmann::json& pairs) {
  if (pairs.is_null()) return;
  const auto is_share = [](const nlohmann::json& value) { return value.is_number() && value >= 0 && value <= 1; };
  bool valid = pairs.is_array() && !pairs.empty();
  for (std::size_t i = 0; valid && i < pairs.size(); ++i) {
    const nlohmann::json& pair = pairs[i];
    valid = pair.is_array() && pair.size() == 2 && is_share(pair[0]) && is_share(pair[1]) &&
            (i == 0 || (pair[0] > pairs[i - 1][0] && pair[1] >= pairs[i - 1][1]));
    if (valid) pairs_.push_back({pair[0].get<float>(), pair[1].get<float>()});
  }
  if (!valid)
    throw Error(ErrorKind::Unreadable,
                "model configuration: \"calibration\" must be pairs [score, expected IoU] from 0 to 1, scores rising, "
                "IoUs not falling");
}

at::Tensor ScoreCalibration::expected_iou(const at::Tensor& scores) const {
  if (pairs_.empty()) return scores;
  at::Tensor expected = scores.to(at::kFloat).clone(at::MemoryFormat::Contiguous);
  float* const values = expected.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < expected.numel(); ++i) {
    if (std::isnan(values[i])) continue;
    const auto above = std::ranges::upper_bound(pairs_, values[i], {}, &Pair::score);
    if (above == pairs_.begin()) {
      values[i] = above->iou;
    } else if (above == pairs_.end()) {
      values[i] = pairs_.back().iou;
    } else {
      const Pair &before = *std::prev(above), &after = *above;
      values[i] = std::lerp(before.iou, after.iou, (values[i] - before.score) / (after.score - before.score));
    }
  }
  return expected;
}

}  // namespace vcl
