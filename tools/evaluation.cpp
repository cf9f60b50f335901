// SPDX-License-Identifier: LGPL-2.1-or-later
#include "evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace vcl {
namespace {

constexpr std::size_t kMostRows = 40, kWorst = 10;

std::string text_of(double value, bool counts = false) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, counts ? 0 : 4);
}

std::string line_of(const std::string& name, std::size_t width, const std::vector<std::string>& cells) {
  std::string line = fmt::format("{:<{}}", name, width);
  for (const std::string& cell : cells) line += fmt::format("  {:>8}", cell);
  return line + "\n";
}

/// Ascending by the last column, not defined ones last.
std::vector<std::pair<std::string, std::vector<double>>> worst(const Evaluation& evaluation) {
  auto rows = evaluation.rows;
  std::erase_if(rows, [](const auto& row) { return std::isnan(row.second.back()); });
  std::ranges::stable_sort(rows, {}, [](const auto& row) { return row.second.back(); });
  rows.resize(std::min(rows.size(), kWorst));
  return rows;
}

nlohmann::ordered_json value_of(double value) {
  return std::isnan(value) ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
}

}  // namespace

std::string table_of(const Evaluation& evaluation) {
  const bool many = evaluation.rows.size() > kMostRows;
  const auto rows = many ? worst(evaluation) : evaluation.rows;
  std::size_t width = evaluation.unit.size();
  for (const auto& [name, values] : rows) width = std::max(width, name.size());
  for (const auto& [name, value] : evaluation.figures) width = std::max(width, name.size());
  std::string table;
  if (many) table += fmt::format("the {} worst of {} {}s\n", rows.size(), evaluation.rows.size(), evaluation.unit);
  std::vector<std::string> names;
  for (const Evaluation::Column& column : evaluation.columns) names.push_back(column.name);
  if (!rows.empty()) table += line_of(evaluation.unit, width, names);
  for (const auto& [name, values] : rows) {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < values.size(); ++i) cells.push_back(text_of(values[i], evaluation.columns[i].counts));
    table += line_of(name, width, cells);
  }
  if (!rows.empty()) table += "\n";
  for (const auto& [name, value] : evaluation.figures) table += line_of(name, width, {text_of(value)});
  return table;
}

std::string json_of(const Evaluation& evaluation) {
  nlohmann::ordered_json document{{"figures", nlohmann::ordered_json::object()}};
  for (const auto& [name, value] : evaluation.figures) document["figures"][name] = value_of(value);
  nlohmann::ordered_json& rows = document[evaluation.unit + "s"] = nlohmann::ordered_json::array();
  for (const auto& [name, values] : evaluation.rows) {
    nlohmann::ordered_json& row = rows.emplace_back(nlohmann::ordered_json{{"name", name}});
    for (std::size_t i = 0; i < values.size(); ++i) row[evaluation.columns[i].name] = value_of(values[i]);
  }
  return document.dump(1) + "\n";
}

}  // namespace vcl
