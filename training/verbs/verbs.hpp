// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "training/clips/clip_options.hpp"

namespace CLI {
class App;
}

/// The verbs of vcl-train. Each function adds its subcommand to `app`, with a callback that runs it and throws
/// vcl::Error (exit status 1). CLI11 reports wrong usage (exit status 2).
namespace vcl::train {

void add_pack(CLI::App& app);
void add_pretrain(CLI::App& app);
void add_pseudo_label(CLI::App& app);
void add_merge(CLI::App& app);
void add_synthesize(CLI::App& app);
void add_refine(CLI::App& app);
void add_fit(CLI::App& app);
void add_average(CLI::App& app);

/// Adds the options of natural clips, which are the same for all verbs that make clips. `options` must outlive `verb`.
void add_clip_options(CLI::App& verb, ClipOptions& options);

}  // namespace vcl::train
