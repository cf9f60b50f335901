// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vcl::train {

/// Writes `folder`/report.html, a page that needs no other file: the numbers and curves of the log's `lines`, and, if
/// they exist, the picture `folder`/examples.png and the settings in `folder`/settings.json. Writes atomically. Throws
/// Error(Resource).
void write_html_report(const std::string& folder, const std::vector<nlohmann::json>& lines);

}  // namespace vcl::train
