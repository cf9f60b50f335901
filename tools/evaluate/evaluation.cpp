// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/evaluate/evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace vcl {
namespace {

constexpr std::size_t kMostRows = 40, kWorst = 10, kLeastWidth = 8;

std::string cell(const std::string& text, const Evaluation::Column& column) {
  return fmt::format("  {:>{}}", text, std::max(kLeastWidth, column.name.size()));
}

nlohmann::ordered_json value_of(double value) {
  return std::isnan(value) ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
}

}  // namespace

std::vector<std::size_t> ranked_rows(const Evaluation& evaluation) {
  const auto rank = [&](std::size_t row) { return evaluation.rows[row].second.back(); };
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < evaluation.rows.size(); ++row)
    if (!std::isnan(rank(row))) rows.push_back(row);
  std::ranges::stable_sort(rows, {}, rank);
  return rows;
}

std::string value_text(double value, bool counts) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, counts ? 0 : 4);
}

std::string table_of(const Evaluation& evaluation) {
  const bool many = evaluation.rows.size() > kMostRows;
  std::vector<std::size_t> rows(evaluation.rows.size());
  std::iota(rows.begin(), rows.end(), 0u);
  if (many) rows = ranked_rows(evaluation);
  if (many) rows.resize(std::min(rows.size(), kWorst));
  std::size_t width = evaluation.unit.size();
  for (const std::size_t row : rows) width = std::max(width, evaluation.rows[row].first.size());
  for (const Evaluation::Figure& figure : evaluation.figures) width = std::max(width, figure.name.size());

  std::string table;
  if (many) table += fmt::format("the {} worst of {} {}s\n", rows.size(), evaluation.rows.size(), evaluation.unit);
  if (!rows.empty()) {
    table += fmt::format("{:<{}}", evaluation.unit, width);
    for (const Evaluation::Column& column : evaluation.columns) table += cell(column.name, column);
    table += "\n";
  }
  for (const std::size_t row : rows) {
    const auto& [name, values] = evaluation.rows[row];
    table += fmt::format("{:<{}}", name, width);
    for (std::size_t i = 0; i < values.size(); ++i)
      table += cell(value_text(values[i], evaluation.columns[i].counts), evaluation.columns[i]);
    table += "\n";
  }
  if (!rows.empty()) table += "\n";
  for (const auto& [name, value, counts] : evaluation.figures)
    table += fmt::format("{:<{}}  {:>{}}\n", name, width, value_text(value, counts), kLeastWidth);
  return table;
}

std::string json_of(const Evaluation& evaluation) {
  nlohmann::ordered_json document{{"measure", evaluation.title}, {"figures", nlohmann::ordered_json::object()}};
  for (const Evaluation::Figure& figure : evaluation.figures) document["figures"][figure.name] = value_of(figure.value);
  nlohmann::ordered_json& rows = document[evaluation.unit + "s"] = nlohmann::ordered_json::array();
  for (const auto& [name, values] : evaluation.rows) {
    nlohmann::ordered_json& row = rows.emplace_back(nlohmann::ordered_json{{"name", name}});
    for (std::size_t i = 0; i < values.size(); ++i) row[evaluation.columns[i].name] = value_of(values[i]);
  }
  return document.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";  // folder names may hold any
                                                                                         // bytes
}

}  // namespace vcl
