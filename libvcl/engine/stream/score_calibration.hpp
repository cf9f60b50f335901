// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include <nlohmann/json.hpp>

namespace vcl {

/// Turns scores into what they are expected to mean: the IoU of a mask with an object. Measured on clips and photos
/// that were not trained on (benchmarks/reliability.cpp).
class ScoreCalibration {
 public:
  ScoreCalibration() = default;
  /// The entry "calibration" of a model's configuration, null where it has none: pairs [score, expected IoU], both from
  /// 0 to 1, scores rising, IoUs not falling. Throws Error(Unreadable).
  explicit ScoreCalibration(const nlohmann::json& pairs);

  /// Linear between the pairs, constant beyond them; without any, scores stay as they are. float32 on the CPU.
  at::Tensor expected_iou(const at::Tensor& scores) const;

 private:
  struct Pair {
    float score, iou;
  };
  std::vector<Pair> pairs_;
};

}  // namespace vcl
