// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "training/photos/pack.hpp"
#include "training/verbs/verbs.hpp"
#include "vcl/threads.hpp"

namespace vcl::train {

void add_pack(CLI::App& app) {
  struct Options {
    std::vector<std::string> inputs;
    std::string out;
    int side = 192;
    int threads = usable_processors();
  };
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("pack", "Decodes and shrinks photos into one file to train on");
  verb->add_option("inputs", options->inputs,
                   "Folders, .tar archives (read in place), lists (.txt, one file name per line) or image files")
      ->required();
  verb->add_option("--out", options->out, "Pack to write (.safetensors)")->required();
  verb->add_option("--side", options->side, "Maximum length of the longer side in pixels")
      ->capture_default_str()
      ->check(CLI::Range(16, 4096));
  verb->add_option("--threads", options->threads, "Worker threads")->capture_default_str()->check(CLI::Range(1, 1024));
  verb->callback([options] {
    const PackResult result = pack_photos(options->inputs, options->out, options->side, options->threads);
    for (const Skipped& file : result.skipped)
      std::fprintf(stderr, "skipped %s: %s\n", file.name.c_str(), file.why.c_str());
    std::printf("%s: %zu photos, %zu skipped\n", options->out.c_str(), result.photos, result.skipped.size());
  });
}

}  // namespace vcl::train
