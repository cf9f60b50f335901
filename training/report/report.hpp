// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vcl::train {

/// One training step as people see it.
struct StepReport {
  std::int64_t step = 0;
  double seconds = 0, left = 0;  ///< training time, and the estimate of what remains
  double loss = 0, classes = 0, mask = 0, dice = 0, moves = 0;
  double learning_rate = 0, gradient_norm = 0;
  double samples_per_second = 0;
  double waiting = 0;  ///< share of the time since the last line in which there was no batch to train on
  std::int64_t skipped = 0;
};

/// The log file (a JSON object a line), the line on the terminal, the plot and report.html.
class Report {
 public:
  /// Keeps what `folder`/log.jsonl holds up to `from_step`, after which training goes on: the rest will be done again.
  Report(const std::string& folder, std::int64_t from_step);

  void step(const StepReport& report);
  /// The same for values of any names (`values` holds "step"): a line of the log and, now and then, `text` for people.
  void step(const nlohmann::json& values, const std::string& text);
  /// Also writes the report for a browser anew.
  void validation(std::int64_t step, double seconds, const nlohmann::json& values);
  void flush();  ///< the log to disk and, in builds with OpenCV, the plot

 private:
  void write(const nlohmann::json& line);

  std::string folder_;
  std::ofstream log_;
  std::vector<nlohmann::json> lines_;
  std::chrono::steady_clock::time_point shown_{};
  bool terminal_;
};

}  // namespace vcl::train
