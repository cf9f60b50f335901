// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "training/learning/average_models.hpp"
#include "training/verbs/verbs.hpp"

namespace vcl::train {

void add_average(CLI::App& app) {
  struct Options {
    std::vector<std::string> models;
    std::string out;
  };
  CLI::App* verb =
      app.add_subcommand("average", "Averages the weights of networks that continued from one another into one model");
  auto o = std::make_shared<Options>();
  verb->add_option("MODELS", o->models, "Two or more model files; the result has the configuration of the last one")
      ->required();
  verb->add_option("--out", o->out, "Model file to write (.safetensors)")->required();
  verb->callback([o] { save_model(o->out, average_models(o->models)); });
}

}  // namespace vcl::train
