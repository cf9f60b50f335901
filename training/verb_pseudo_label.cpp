// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "training/verbs.hpp"
#include "vcl/error.hpp"

namespace vcl::train {
namespace {

using Source = void (*)(const PseudoLabelOptions&);

const std::map<std::string, Source> kSources = {
#ifdef VCL_HAVE_OPENCV
    {"saliency", label_by_saliency},
#endif
    {"maskcut", label_by_maskcut},
    {"model", label_by_model},
};

}  // namespace

void add_pseudo_label(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("pseudo-label", "Makes training labels for a pack of photos, without human labels");
  auto options = std::make_shared<PseudoLabelOptions>();
  auto source = std::make_shared<std::string>();
  std::vector<std::string> names;
  for (const auto& [name, function] : kSources) names.push_back(name);
  verb->add_option("--source", *source, "Where labels come from")->required()->check(CLI::IsMember(names));
  verb->add_option("--images", options->images, "Pack of photos (vcl-train pack)")->required();
  verb->add_option("--out", options->out, "Label file to write (.safetensors)")->required();
  verb->add_option("--model", options->model, "Network (sources model, maskcut)");
  verb->add_option("--labels", options->labels, "Soft labels to combine with (source model with a dense network)");
  verb->add_option("--sheet", options->sheet, "PNG with examples");
  verb->add_option("--threads", options->threads, "Worker threads")->capture_default_str()->check(CLI::Range(1, 1024));
  verb->add_option("--limit", options->limit, "Label only so many photos; 0: all")->check(CLI::NonNegativeNumber);
  verb->callback([options, source] {
    if (*source != "saliency" && options->model.empty())
      throw CLI::ValidationError("--model", "--source " + *source + " needs --model FILE");
    kSources.at (*source)(*options);
  });
}

}  // namespace vcl::train
