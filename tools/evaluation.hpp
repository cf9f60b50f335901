// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vcl {

/// What `vcl eval` found. NaN: not defined, there is nothing to measure.
struct Evaluation {
  std::vector<std::pair<std::string, double>> figures;  ///< over everything
  std::string unit;                                     ///< what a row is: "sequence", "video", "image"
  struct Column {
    std::string name;
    bool counts = false;  ///< whole numbers
  };
  std::vector<Column> columns;                                    ///< the last one ranks the rows
  std::vector<std::pair<std::string, std::vector<double>>> rows;  ///< name and a value a column
};

/// For people: the figures, and the rows; where there are many, those of the lowest rank.
std::string table_of(const Evaluation& evaluation);
/// For programs: {"figures":{name:value},"<unit>s":[{"name":...,column:value}]}; null where not defined.
std::string json_of(const Evaluation& evaluation);

}  // namespace vcl
