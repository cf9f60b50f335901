// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vcl::train {

/// Writes `folder`/report.html, a page that needs no other file: what `lines` of the log say in numbers and curves, the
/// picture `folder`/examples.png and the settings in `folder`/settings.json where there are any. Readers never see half
/// a page. Throws Error(Resource).
void write_html_report(const std::string& folder, const std::vector<nlohmann::json>& lines);

}  // namespace vcl::train
