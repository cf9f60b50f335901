// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "evaluation/mask_track.hpp"

namespace vcl {

/// A sequence, video or image to be drawn: the ground truth, the results and the images.
struct Exhibit {
  Size size;
  std::vector<MaskTrack> truths, results;  ///< results by descending score; an image has one frame
  std::vector<std::string> frames = {};    ///< image file of each frame; empty if there are none
  std::string note = {};                   ///< for the user: why images cannot be shown; else empty
};

/// The result of `vcl eval`. NaN means that a value is undefined, because there is nothing to measure.
struct Evaluation {
  struct Figure {
    std::string name;
    double value = 0;
    bool counts = false;  ///< whether the value is a whole number
  };
  struct Column {
    std::string name;
    bool counts = false;
  };
  std::string title;                 ///< the measure and its variant, such as "DAVIS, single object"
  std::vector<Figure> figures = {};  ///< values over everything, the most important one first
  std::string unit;                  ///< the kind of a row: "sequence", "video" or "image"
  std::vector<Column> columns;       ///< the last column ranks the rows
  std::vector<std::pair<std::string, std::vector<double>>> rows = {};  ///< the name and one value per column
  std::function<Exhibit(std::size_t)> exhibit = {};                    ///< what to draw for a row; may throw vcl::Error
};

/// Returns the rows whose rank is defined, the worst first.
std::vector<std::size_t> ranked_rows(const Evaluation& evaluation);

/// Returns the value as text for the user, or "-" if it is undefined.
std::string value_text(double value, bool counts);

/// Returns a text table for the user: the rows and the figures. If there are many rows, only the worst ones.
std::string table_of(const Evaluation& evaluation);
/// Returns JSON for programs: {"measure":title,"figures":{name:value},"<unit>s":[{"name":...,column:value}]}. Undefined
/// values are null.
std::string json_of(const Evaluation& evaluation);

}  // namespace vcl
