// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "training/labels/refine.hpp"
#include "training/verbs/verbs.hpp"

namespace vcl::train {

void add_refine(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "refine", "Self-training: the confident masks of a video network become the labels of the next round");
  auto o = std::make_shared<RefineOptions>();
  verb->add_option("--model", o->pack.model, "Video network (vcl-train fit --stage image or video)")->required();
  verb->add_option("--images", o->pack.images, "Pack of photos (vcl-train pack)")->required();
  verb->add_option("--labels", o->pack.labels,
                   "Existing labels of the pack, which are kept where no confident mask overlaps them (default: none)");
  verb->add_option("--out", o->pack.out, "Label file to write (.safetensors)")->required();
  verb->add_option("--score", o->least_score, "Minimum score of a confident mask")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  verb->add_option("--sheet", o->pack.sheet, "PNG with examples before and after");
  verb->add_option("--threads", o->pack.threads, "CPU threads of the network")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  verb->add_option("--limit", o->pack.limit, "Maximum number of photos to label; 0: all")
      ->check(CLI::NonNegativeNumber);
  verb->callback([o] { refine(*o); });
}

}  // namespace vcl::train
