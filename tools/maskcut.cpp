// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/maskcut.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <memory>
#include <new>

#include "feature_file.hpp"
#include "image_progress.hpp"
#include "input.hpp"
#include "maskcut_output.hpp"
#include "options.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "vcl/coco.hpp"
#include "vcl/error.hpp"
#include "vcl/threads.hpp"
#include "verbs.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

struct MaskCutVerb : ImageOptions {
  std::string in, json, overlay, trace, given_features;
  MaskCutOptions cuts;
  bool crf = true;
};

/// Set by Ctrl-C: what is done is written; the second Ctrl-C kills.
volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int number) {
  interrupted = 1;
  std::signal(number, SIG_DFL);
}

/// "<folder>/<name>", as the method's annotation files name images.
std::string file_name_of(const std::string& image) {
  const fs::path path = fs::absolute(image).lexically_normal();
  return (path.parent_path().filename() / path.filename()).generic_string();
}

void write_overlay(const MaskCutVerb& options, const std::string& file_name, const cv::Mat& picture,
                   std::span<const Mask> masks) {
  const fs::path path = (fs::path(options.overlay) / file_name).replace_extension(".png");
  make_output_folder(path.parent_path().string());
  write_png(path.string(), paint_masks(picture, masks));
}

/// One image to its masks: features, cuts, refinement, and what is written of them.
class ImageCutter {
 public:
  ImageCutter(const MaskCutVerb& options, CocoAnnotations& annotations, ImageProgress& progress)
      : options_(options), annotations_(annotations), progress_(progress) {
    if (options.given_features.empty()) extractor_ = open_features(options.features);
  }

  void cut(const std::string& image) {
    const cv::Mat picture = read_image(image, false);
    const FeatureMap features = extractor_ ? extractor_->extract(view_of(picture))
                                           : read_features(options_.given_features, options_.features.input);
    const std::vector<CutStep> steps =
        maskcut(features, options_.cuts, options_.features.threads, options_.features.device);
    const std::vector<Mask> masks =
        finish_cuts(steps, features, view_of(picture),
                    {.crf = options_.crf, .threads = crf_threads(), .device = options_.features.device});
    if (!options_.trace.empty()) write_trace(options_.trace, steps, features);
    const std::string file_name = file_name_of(image);
    if (!options_.overlay.empty()) write_overlay(options_, file_name, picture, masks);
    const std::size_t before = annotations_.annotations();
    annotations_.add(file_name, {picture.cols, picture.rows}, masks);
    progress_.count_done(annotations_.annotations() - before);
    note_arbitrary_cuts(image, steps);
  }

 private:
  int crf_threads() const {
    return std::min(256, options_.features.threads > 0 ? options_.features.threads : usable_processors());
  }

  void note_arbitrary_cuts(const std::string& image, const std::vector<CutStep>& steps) {
    for (std::size_t i = 0; i < steps.size(); ++i)
      if (steps[i].degenerate)
        progress_.note(fmt::format("'{}': cut {} is arbitrary: another one is exactly as good", image, i + 1));
  }

  const MaskCutVerb& options_;
  CocoAnnotations& annotations_;
  ImageProgress& progress_;
  std::unique_ptr<FeatureExtractor> extractor_;
};

/// A bad image is noted and the next one done; where it is the only one, it is the error.
void cut_all(const std::vector<std::string>& images, ImageCutter& cutter, ImageProgress& progress) {
  for (const std::string& image : images) {
    if (interrupted) return;
    try {
      cutter.cut(image);
    } catch (const Error& error) {
      if (images.size() == 1 || error.kind() == ErrorKind::Resource) throw;
      const std::string why = error.what();
      progress.count_failed(why.find(image) == why.npos ? fmt::format("'{}': {}", image, why) : why);
    } catch (const std::bad_alloc&) {
      if (images.size() == 1)
        throw Error(ErrorKind::Resource, fmt::format("'{}' needs more memory than there is; make it smaller", image));
      progress.count_failed(fmt::format("'{}' needs more memory than there is; make it smaller", image));
    }
    progress.print_line();
  }
}

void run_maskcut(const MaskCutVerb& options) {
  for (const std::string& path : {options.json, options.trace}) check_output(path, options.in);
  if (!options.overlay.empty()) make_output_folder(options.overlay);
  const std::vector<std::string> images = resolve_images(options.in);
  if (images.size() > 1 && !(options.trace.empty() && options.given_features.empty()))
    throw Error(ErrorKind::Invalid, "--trace and --features are for a single image; name one");
  ImageProgress progress(images.size(), options.quiet);
  CocoAnnotations annotations(fmt::format("MaskCut pseudo masks, tau {}, N {}", options.cuts.tau,
                                          options.cuts.automatic ? "auto" : std::to_string(options.cuts.masks)));
  ImageCutter cutter(options, annotations, progress);
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  cut_all(images, cutter, progress);

  if (!options.json.empty()) write_output(options.json, annotations.to_json());
  progress.print_summary();
  if (interrupted)
    throw Error(ErrorKind::Unreadable, fmt::format("interrupted after {} of {} images; the files hold these",
                                                   progress.done() + progress.failed(), images.size()));
  if (progress.failed() > 0)
    throw Error(ErrorKind::Unreadable, fmt::format("{} of {} images failed, as listed above; the files hold the others",
                                                   progress.failed(), images.size()));
}

std::string check_tau(const std::string& text) {
  double tau = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tau);
  const bool good = error == std::errc() && end == text.data() + text.size() && tau >= 0 && tau < 1;
  return good ? "" : text + " is no tau: give a cosine similarity in [0, 1)";
}

bool parse_number(const std::string& text, MaskCutOptions& cuts) {
  cuts.automatic = text == "auto";
  if (cuts.automatic) cuts.masks = kMaxCuts;
  if (cuts.automatic) return true;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cuts.masks);
  return error == std::errc() && end == text.data() + text.size() && cuts.masks >= 1 && cuts.masks <= kMaxCuts;
}

std::string check_number(const std::string& text) {
  MaskCutOptions cuts;
  return parse_number(text, cuts) ? "" : fmt::format("{} is no number of cuts: give 1 to {}, or auto", text, kMaxCuts);
}

}  // namespace

void add_maskcut(CLI::App& app) {
  auto options = std::make_shared<MaskCutVerb>();
  MaskCutVerb& o = *options;
  CLI::App* verb = app.add_subcommand("maskcut", "Cut the objects of single images out, without any training");
  verb->add_option("IN", o.in, "image, folder of images, or text file with the name of an image a line")->required();
  verb->add_option("--json", o.json, "write COCO annotations; - is standard output");
  verb->add_option("--overlay", o.overlay, "write a PNG with its masks painted for each image, into this folder");
  verb->add_option("--tau", o.cuts.tau, "cosine similarity above which patches are alike; 0.15 by default")
      ->check(check_tau);
  verb->add_option_function<std::string>(
          "--n", [&o](const std::string& text) { parse_number(text, o.cuts); },
          "cuts an image, 3 by default; auto: until no object is left")
      ->check(check_number);
  verb->add_option("--sign", o.cuts.sign, "of eigenvectors: canonical (the default) or raw, as the solver gave it")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, CutSign>{{"canonical", CutSign::Canonical}, {"raw", CutSign::Raw}}));
  verb->add_option("--crf", o.crf, "on (the default) or off: sharpen the masks along the image's edges")
      ->transform(CLI::CheckedTransformer(std::map<std::string, bool>{{"on", true}, {"off", false}}));
  verb->add_option("--trace", o.trace, "write what each cut of the one image decided: .safetensors");
  verb->add_option("--features", o.given_features,
                   "cut these features [C, rows, columns] of the one image: .safetensors");
  add_image_options(verb, o);
  verb->callback([options] { run_maskcut(*options); });
}

}  // namespace vcl
