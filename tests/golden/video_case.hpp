// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <set>

#include "engine_golden.hpp"
#include "libvcl/engine/video/video_mask2former.hpp"

/// What the golden tests of the video network share (tests/golden/data/video/README.md).
namespace vcl::golden {

/// Tolerances of the README's table: |x - golden| <= tolerance * std(golden). The authors' code in float64 differs from
/// itself by 4e-6 in single modules, by 2.5e-5 where many layers follow each other.
inline constexpr double kModule = 2e-5, kDeep = 2e-4;

/// One case's reference file, on the CPU; compare() takes a whole tensor, of which the file stores every k-th value and
/// statistics.
class Case {
 public:
  Case(const std::string& folder, const std::string& name);
  bool has(const std::string& tensor) const { return tensors_.contains(tensor); }
  std::vector<std::int64_t> shape(const std::string& tensor) const;
  const nlohmann::json& json() const { return json_; }
  /// As stored; counts as compared.
  at::Tensor stored(const std::string& tensor);
  void compare(const std::string& tensor, const at::Tensor& x, double tolerance);
  /// Fails for what nothing was compared with.
  void expect_complete() const;

 private:
  nlohmann::json json_, tensors_;
  SafetensorsFile file_;
  std::set<std::string> left_;
};

/// What the tests of the video network compute on: golden::device().
const at::Device& video_device();

/// a * p + b of the case inputs, p the pattern of "in/<name>"; on the device, as all that follows.
at::Tensor input(const std::string& name, at::IntArrayRef shape, double a = 1, double b = 0);

/// The network with pattern weights; `zero` names the tensors that a case sets to 0.
Weights video_network(const std::vector<std::string>& zero = {});

/// RGB frames of a clip, normalised, with zeros below and to the right: [T, 3, height, width].
at::Tensor read_clip(const std::string& folder, const std::vector<std::string>& names, std::int64_t height,
                     std::int64_t width);

/// All that a case stores of the predictions that the decoder `w` made of these features.
void compare_predictions(Case& golden, const std::vector<Prediction>& predictions, const FrameFeatures& features,
                         const Weights& w);

}  // namespace vcl::golden
