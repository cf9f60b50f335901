// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "evaluation/mask_track.hpp"

namespace vcl {

/// A sequence, video or image as people see it: what there is, what was found, and on what.
struct Exhibit {
  Size size;
  std::vector<MaskTrack> truths, results;  ///< results best first; an image has one frame
  std::vector<std::string> frames = {};    ///< image file of each frame; empty: none to show
  std::string note = {};                   ///< why there is none, for people; empty: all is well
};

/// What `vcl eval` found. NaN: not defined, there is nothing to measure.
struct Evaluation {
  struct Figure {
    std::string name;
    double value = 0;
    bool counts = false;  ///< whole numbers
  };
  struct Column {
    std::string name;
    bool counts = false;
  };
  std::string title;                 ///< what was measured, and how: "DAVIS, single object"
  std::vector<Figure> figures = {};  ///< over everything, the headline first
  std::string unit;                  ///< what a row is: "sequence", "video", "image"
  std::vector<Column> columns;       ///< the last one ranks the rows
  std::vector<std::pair<std::string, std::vector<double>>> rows = {};  ///< name and a value a column
  std::function<Exhibit(std::size_t)> exhibit = {};                    ///< what a row looks like; may throw vcl::Error
};

/// The rows that have a rank, the worst first.
std::vector<std::size_t> ranked_rows(const Evaluation& evaluation);

/// A figure for people; "-" where not defined.
std::string value_text(double value, bool counts);

/// For people: the figures, and the rows; where there are many, those of the lowest rank.
std::string table_of(const Evaluation& evaluation);
/// For programs: {"measure":title,"figures":{name:value},"<unit>s":[{"name":...,column:value}]}; null where not
/// defined.
std::string json_of(const Evaluation& evaluation);

}  // namespace vcl
