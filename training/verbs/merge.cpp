// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "training/labels/merge_annotations.hpp"
#include "training/verbs/verbs.hpp"

namespace vcl::train {

void add_merge(CLI::App& app) {
  struct Options {
    std::vector<std::string> inputs;
    std::string out;
  };
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("merge", "Merges annotation files, such as those of pseudo-label --shard, into one");
  verb->add_option("inputs", options->inputs, "Annotation files (COCO JSON), in the order that their images will have")
      ->required();
  verb->add_option("--out", options->out, "Annotation file to write")->required();
  verb->callback([options] { merge_annotations(options->inputs, options->out); });
}

}  // namespace vcl::train
