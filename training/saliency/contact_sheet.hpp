// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace vcl::train {

/// A photo with its soft label: the background is darkened, and the contour at one half is drawn.
struct SheetEntry {
  cv::Mat3b rgb;
  cv::Mat1b soft;
  float weight = 0;
};

/// Writes the entries as a PNG, eight per row, each with its weight. Throws Error(Resource).
void write_contact_sheet(const std::string& path, const std::vector<SheetEntry>& entries);

}  // namespace vcl::train
