// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "tools/evaluate/evaluation.hpp"

namespace vcl {

/// What was measured, as the user named it.
struct ReportSources {
  std::string truth, results, frames;
};

/// Writes an evaluation as one HTML page that needs nothing else: the figures, how rows are distributed, the worst and
/// the best as pictures, and all of them in a table. Throws Error(Resource) naming the file, and what exhibits throw.
void write_report(const std::string& path, const Evaluation& evaluation, const ReportSources& sources);

}  // namespace vcl
