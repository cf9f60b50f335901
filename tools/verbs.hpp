// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <CLI/CLI.hpp>

namespace vcl {

/// Each function adds one verb with its options to the command. The verb runs while the command line is parsed, and
/// throws vcl::Error if it fails.
void add_segment(CLI::App& app);
void add_features(CLI::App& app);
void add_maskcut(CLI::App& app);
void add_model(CLI::App& app);
void add_eval(CLI::App& app);

}  // namespace vcl
