// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <CLI/CLI.hpp>

namespace vcl {

/// vcl model get: lists published models, and downloads one.
void add_model_get(CLI::App& model);
/// vcl model add: gives a file a name among the user's models.
void add_model_add(CLI::App& model);
/// vcl model info: says what a file is.
void add_model_info(CLI::App& model);

}  // namespace vcl
