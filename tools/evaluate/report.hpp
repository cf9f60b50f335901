// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "tools/evaluate/evaluation.hpp"

namespace vcl {

/// The paths of what was measured, as the user gave them.
struct ReportSources {
  std::string truth, results, frames;
};

/// Writes an evaluation as one HTML page that needs no other file. It shows the figures, the distribution of the rows,
/// pictures of the worst and the best rows, and a table of all rows. Throws Error(Resource), which names the file, and
/// what exhibits throw.
void write_report(const std::string& path, const Evaluation& evaluation, const ReportSources& sources);

}  // namespace vcl
