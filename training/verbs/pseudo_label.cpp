// SPDX-License-Identifier: LGPL-2.1-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>

#include "training/labels/annotate_photos.hpp"
#include "training/labels/pseudo_label.hpp"
#include "training/verbs/verbs.hpp"
#include "vcl/error.hpp"
#include "vcl/threads.hpp"

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

struct Verb {
  std::string source;
  PseudoLabelOptions pack;
  AnnotateOptions photos;
  std::optional<bool> crf;
  int threads = 0;
};

#ifdef VCL_HAVE_OPENCV
Shard shard_from_text(const std::string& text) {
  Shard shard;
  const char* end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  if (index.ec != std::errc() || index.ptr == end || *index.ptr != '/') shard.index = 0;
  const auto count = std::from_chars(std::min(index.ptr + 1, end), end, shard.count);
  if (count.ec != std::errc() || count.ptr != end || shard.index < 1 || shard.index > shard.count)
    throw CLI::ValidationError("--shard", text + " is no shard: give i/n with i from 1 to n");
  return shard;
}

Size size_from_text(const std::string& text) {
  try {
    return input_size_from_text(text);
  } catch (const Error& error) {
    throw CLI::ValidationError("--size", error.what());
  }
}

/// Adds the options that need --json.
void add_photo_options(CLI::App* verb, AnnotateOptions& o, CLI::Option* images, CLI::Option* out) {
  const char* group = "Photos in place, without a pack (--source maskcut)";
  auto* json =
      verb->add_option("--json", o.json,
                       "COCO annotations to write; with the journal beside it the same command continues after a kill")
          ->group(group)
          ->excludes(images)
          ->excludes(out);
  auto* inputs =
      verb->add_option("INPUT", o.inputs,
                       "Folders, .tar archives (read in place), lists (.txt, one file name per line) or image files")
          ->needs(json);
  json->needs(inputs);
  const auto add = [&](CLI::Option* option) { option->group(group)->needs(json); };
  add(verb->add_option("--tau", o.cuts.tau, "Cosine similarity above which two patches are linked")
          ->capture_default_str()
          ->check(CLI::Range(0.0, 0.999999)));
  add(verb->add_option("--n", o.cuts.masks, "Cuts per photo, which is the maximum number of objects")
          ->capture_default_str()
          ->check(CLI::Range(1, kMaxCuts)));
  add(verb->add_flag("--automatic", o.cuts.automatic, "Stop before --n cuts if no object is left"));
  add(verb->add_option_function<std::string>(
      "--size", [&o](const std::string& text) { o.input = size_from_text(text); },
      "Scale photos to WxH, or to a square with this side [480; 256 for networks of fit]"));
  add(verb->add_option("--precision", o.precision,
                       "Arithmetic of the network: fp32, or bf16, which is faster if the processor has instructions "
                       "for it [fp32]")
          ->transform(CLI::CheckedTransformer(
              std::map<std::string, Precision>{{"fp32", Precision::Fp32}, {"bf16", Precision::Bf16}})));
  add(verb->add_option("--sign", o.cuts.sign,
                       "Sign of eigenvectors: canonical, or raw (as the solver returns it) [canonical]")
          ->transform(CLI::CheckedTransformer(
              std::map<std::string, CutSign>{{"canonical", CutSign::Canonical}, {"raw", CutSign::Raw}})));
  add(verb->add_option_function<std::string>(
      "--shard", [&o](const std::string& text) { o.shard = shard_from_text(text); },
      "i/n: only part i (from 1) of n parts, one per machine; vcl-train merge merges them"));
}

void annotate(Verb& verb) {
  if (verb.source != "maskcut")
    throw CLI::ValidationError("--source", verb.source + " labels packs (--images, --out); --json takes maskcut");
  if (verb.photos.json == "-") throw CLI::ValidationError("--json", "names a file: its journal lies beside it");
  if (!verb.pack.labels.empty()) throw CLI::ValidationError("--labels", "is for packs, not for --json");
  verb.photos.model = verb.pack.model;
  verb.photos.sheet = verb.pack.sheet;
  verb.photos.limit = verb.pack.limit;
  verb.photos.crf = verb.crf.value_or(true);
  verb.photos.threads = verb.threads > 0 ? verb.threads : usable_processors();
  annotate_photos(verb.photos);
}
#endif

}  // namespace

void add_pseudo_label(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("pseudo-label",
                         "Labels photos without human labels: either a pack, to train on (--images, --out), or any "
                         "number of photos in folders, lists and archives, as COCO annotations (INPUT..., --json)");
  auto options = std::make_shared<Verb>();
  PseudoLabelOptions& o = options->pack;
  std::vector<std::string> names;
  for (const auto& [name, function] : kSources) names.push_back(name);
  verb->add_option("--source", options->source, "Source of the labels")->required()->check(CLI::IsMember(names));
  [[maybe_unused]] auto* images = verb->add_option("--images", o.images, "Pack of photos (vcl-train pack)");
  [[maybe_unused]] auto* out = verb->add_option("--out", o.out, "Label file of the pack to write (.safetensors)");
  verb->add_option("--model", o.model, "Network (for --source model and maskcut)");
  verb->add_option("--labels", o.labels, "Soft labels to combine with (--source model with a dense network)");
  verb->add_option("--sheet", o.sheet, "PNG with examples, written early in the run");
  verb->add_option("--threads", options->threads, "Worker threads [1; with --json: all usable processors]")
      ->check(CLI::Range(1, 1024));
  verb->add_option("--crf", options->crf,
                   "Sharpen MaskCut's masks along the photo's edges: on or off [off, because clips are made from raw "
                   "cuts; with --json: on]")
      ->transform(CLI::CheckedTransformer(std::map<std::string, bool>{{"on", true}, {"off", false}}));
  verb->add_option("--limit", o.limit, "Maximum number of photos to label; 0: all")->check(CLI::NonNegativeNumber);
#ifdef VCL_HAVE_OPENCV
  add_photo_options(verb, options->photos, images, out);
#endif
  verb->callback([options] {
    if (options->source != "saliency" && options->pack.model.empty())
      throw CLI::ValidationError("--model", "--source " + options->source + " needs --model FILE");
#ifdef VCL_HAVE_OPENCV
    if (!options->photos.json.empty()) return annotate(*options);
#endif
    if (options->pack.images.empty()) throw CLI::RequiredError("--images PACK (or INPUT with --json FILE)");
    if (options->pack.out.empty()) throw CLI::RequiredError("--out FILE");
    if (options->crf && options->source != "maskcut") throw CLI::ValidationError("--crf", "is for --source maskcut");
    options->pack.crf = options->crf.value_or(false);
    options->pack.threads = std::max(1, options->threads);
    kSources.at(options->source)(options->pack);
  });
}

}  // namespace vcl::train
