// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace CLI {
class App;
}

/// The verbs of vcl-train: each adds its subcommand to `app`, with a callback that runs it and throws
/// vcl::Error (exit status 1). Wrong usage is CLI11's to report (exit status 2).
namespace vcl::train {

void add_pack(CLI::App& app);
void add_pretrain(CLI::App& app);
void add_pseudo_label(CLI::App& app);
void add_synthesize(CLI::App& app);
void add_fit(CLI::App& app);

/// What every source of pseudo labels is told.
struct PseudoLabelOptions {
  std::string images;  ///< pack of photos
  std::string labels;  ///< source model: the classical soft labels to combine with (may be empty)
  std::string model;   ///< source model and maskcut: the network
  std::string out;     ///< labels written here, safetensors
  std::string sheet;   ///< PNG of examples; empty: none
  int threads = 1;
  int limit = 0;  ///< label only so many photos; 0: all
};

void label_by_saliency(const PseudoLabelOptions& options);
void label_by_maskcut(const PseudoLabelOptions& options);
void label_by_model(const PseudoLabelOptions& options);

}  // namespace vcl::train
