// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vcl::train {

/// The losses in a training folder's log so far, the last line of which may be half written.
inline std::vector<double> loss_curve(const std::string& folder) {
  std::vector<double> curve;
  std::ifstream log(folder + "/log.jsonl");
  for (std::string text; std::getline(log, text);) {
    const auto line = nlohmann::json::parse(text, nullptr, false);
    if (line.is_object() && line.contains("loss")) curve.push_back(line["loss"]);
  }
  return curve;
}

}  // namespace vcl::train
