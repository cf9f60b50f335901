// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include <nlohmann/json.hpp>

namespace vcl {

/// Maps scores to the expected IoU of a mask with an object, measured on clips and photos that were not trained on
/// (benchmarks/reliability.cpp).
class ScoreCalibration {
 public:
  ScoreCalibration() = default;
  /// `pairs`: the entry "calibration" of a model's configuration, or null: pairs [score, expected IoU], both from 0 to
  /// 1, scores rising, IoUs not falling. Throws Error(Unreadable).
  explicit ScoreCalibration(const nlohmann::json& pairs);

  /// Interpolates linearly between the pairs and is constant beyond them. Without pairs, scores do not change. float32
  /// on the CPU.
  at::Tensor expected_iou(const at::Tensor& scores) const;

 private:
  struct Pair {
    float score, iou;
  };
  std::vector<Pair> pairs_;
};

}  // namespace vcl
