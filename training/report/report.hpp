// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vcl::train {

/// The values of one training step to report.
struct StepReport {
  std::int64_t step = 0;
  double seconds = 0, left = 0;  ///< training time so far, and estimated remaining time
  double loss = 0, classes = 0, mask = 0, dice = 0, moves = 0;
  double learning_rate = 0, gradient_norm = 0;
  double samples_per_second = 0;
  double waiting = 0;  ///< share of the time since the last line spent waiting for batches
  std::int64_t skipped = 0;
};

/// Writes the log file (one JSON object per line), the line on the terminal, the plot and report.html.
class Report {
 public:
  /// Keeps the lines of `folder`/log.jsonl up to `from_step`, where training continues. Later lines are dropped because
  /// those steps are repeated.
  Report(const std::string& folder, std::int64_t from_step);

  void step(const StepReport& report);
  /// Logs values with any names (`values` must contain "step") and prints `text` from time to time.
  void step(const nlohmann::json& values, const std::string& text);
  /// Logs held-out results and writes report.html.
  void validation(std::int64_t step, double seconds, const nlohmann::json& values);
  void flush();  ///< writes the log to disk and, in builds with OpenCV, the plot

 private:
  void write(const nlohmann::json& line);

  std::string folder_;
  std::ofstream log_;
  std::vector<nlohmann::json> lines_;
  std::chrono::steady_clock::time_point shown_{};
  bool terminal_;
};

}  // namespace vcl::train
