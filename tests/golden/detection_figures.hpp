// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "evaluation/detection_scores.hpp"

namespace vcl::golden {

/// All figures of the evaluations are quotients of integers, or means of them.
inline constexpr double kEvalTolerance = 1e-12;

/// The twelve figures against the "stats" of a case.
inline void expect_figures(const DetectionScores& got, const nlohmann::json& stats) {
  const std::map<std::string, double> figures = {{"AP", got.ap},        {"AP50", got.ap50},     {"AP75", got.ap75},
                                                 {"APs", got.ap_small}, {"APm", got.ap_medium}, {"APl", got.ap_large},
                                                 {"AR1", got.ar1},      {"AR10", got.ar10},     {"AR100", got.ar100},
                                                 {"ARs", got.ar_small}, {"ARm", got.ar_medium}, {"ARl", got.ar_large}};
  ASSERT_EQ(stats.size(), figures.size());
  for (const auto& [name, value] : figures) EXPECT_NEAR(value, stats.at(name).get<double>(), kEvalTolerance) << name;
}

}  // namespace vcl::golden
