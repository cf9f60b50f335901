// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tools/evaluate/eval.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>

#include "support/outputs.hpp"
#include "tools/evaluate/report.hpp"
#include "tools/output.hpp"
#include "tools/verbs.hpp"
#include "vcl/error.hpp"

namespace vcl {
namespace {

void check(const EvalOptions& options, Outputs& outputs) {
  if (options.report == "-")
    throw Error(ErrorKind::Invalid, "--report is a page to look at; name a file for it, such as report.html");
  outputs.add_file(options.json);
  outputs.add_file(options.report);
}

void publish(const Evaluation& evaluation, const EvalOptions& options) {
  if (!options.json.empty()) replace_output(options.json, json_of(evaluation));
  fmt::print(options.json == "-" ? stderr : stdout, "{}", table_of(evaluation));
  if (!options.report.empty())
    write_report(options.report, evaluation, {options.truth, options.results, options.frames});
}

CLI::App* add_metric(CLI::App* verb, const std::shared_ptr<EvalOptions>& options, const char* name, const char* what,
                     Evaluation (*measure)(const EvalOptions&)) {
  CLI::App* metric = verb->add_subcommand(name, what);
  metric->add_option("--gt", options->truth, "ground truth")->required();
  metric->add_option("--results", options->results, "results to measure")->required();
  metric->add_option("--json", options->json, "write all figures as JSON to this file; -: standard output");
  CLI::Option* report =
      metric->add_option("--report", options->report, "write an HTML page with figures and pictures to this file");
  metric->add_option("--frames", options->frames, "folder of the images that the report draws on")->needs(report);
  metric->callback([options, measure] {
    Outputs outputs({options->truth, options->results, options->frames});
    check(*options, outputs);
    publish(measure(*options), *options);
  });
  return metric;
}

}  // namespace

std::vector<Evaluation::Figure> figures_of(const TrackConsistency& counts) {
  return {{"IDF1", counts.idf1()},
          {"IDP", counts.idp()},
          {"IDR", counts.idr()},
          {"id switches", double(counts.switches), true},
          {"fragmentations", double(counts.fragmentations), true}};
}

std::vector<Evaluation::Column> consistency_columns() {
  return {{"IDF1"}, {"switches", true}, {"fragmentations", true}};
}

std::vector<double> values_of(const TrackConsistency& counts) {
  return {counts.idf1(), double(counts.switches), double(counts.fragmentations)};
}

void add_eval(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("eval", "Measure results against ground truth, whatever the classes");
  verb->require_subcommand(1);
  const auto options = std::make_shared<EvalOptions>();
  CLI::App* davis =
      add_metric(verb, options, "davis", "J and F: one folder of index PNGs or one .jsonl of vcl segment per sequence",
                 eval_davis);
  davis
      ->add_option("--task", options->task, "unsupervised (the default), semi-supervised or single-object (DAVIS 2016)")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, DavisTask>{{"unsupervised", DavisTask::Unsupervised},
                                                                   {"semi-supervised", DavisTask::SemiSupervised},
                                                                   {"single-object", DavisTask::SingleObject}}));
  CLI::App* ytvis = add_metric(verb, options, "ytvis", "AP and AR of tracks: YouTube-VIS JSON files", eval_ytvis);
  ytvis->add_option("--min-score", options->least_score,
                    "minimum score of the tracks whose ids are measured, among the 100 best of a video (default: all)");
  add_metric(verb, options, "coco", "AP and AR of masks on images: COCO JSON files with run lengths", eval_coco);
}

}  // namespace vcl
