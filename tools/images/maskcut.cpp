// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vcl/maskcut.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "support/outputs.hpp"
#include "support/stop_signal.hpp"
#include "tools/images/feature_file.hpp"
#include "tools/images/image_batch.hpp"
#include "tools/images/image_progress.hpp"
#include "tools/images/maskcut_output.hpp"
#include "tools/media/input.hpp"
#include "tools/media/picture.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"
#include "tools/verbs.hpp"
#include "vcl/coco.hpp"
#include "vcl/engine.hpp"
#include "vcl/error.hpp"
#include "vcl/maskcut_info.hpp"
#include "vcl/threads.hpp"

namespace vcl {
namespace {

namespace fs = std::filesystem;

struct MaskCutVerb : ImageOptions {
  std::vector<std::string> in;
  std::string json, overlay, trace, given_features;
  MaskCutOptions cuts;
  bool crf = true;
};

/// Returns "<folder>/<name>": MaskCut's annotation files name images like this.
std::string file_name_of(const std::string& image) {
  const fs::path path = fs::absolute(image).lexically_normal();
  return (path.parent_path().filename() / path.filename()).generic_string();
}

fs::path overlay_of(const MaskCutVerb& options, const std::string& image) {
  return (fs::path(options.overlay) / file_name_of(image)).replace_extension(".png");
}

/// Checks that no two images have the same name in the annotations, that each has a painted picture of its own, and
/// that no picture overwrites an input.
void check_names(const MaskCutVerb& options, const std::vector<std::string>& images, const Outputs& outputs) {
  std::map<std::string, std::string> seen;
  const auto claim = [&](const std::string& name, const std::string& image, const char* what) {
    if (const auto [other, is_new] = seen.emplace(name, image); !is_new)
      throw Error(ErrorKind::Invalid,
                  fmt::format("'{}' and '{}' would both be {} in the {}; do them apart, or rename one", other->second,
                              image, name, what));
  };
  for (const std::string& image : images) {
    if (!options.json.empty()) claim(file_name_of(image), image, "annotations");
    if (options.overlay.empty()) continue;
    const std::string path = overlay_of(options, image).string();
    claim(path, image, "overlays");
    outputs.check_picture(path);
  }
}

void write_overlay(const fs::path& path, const cv::Mat& picture, std::span<const Mask> masks) {
  make_output_folder(path.parent_path().string());
  write_png(path.string(), paint_masks(picture, masks));
}

/// Finds the masks of one image (features, cuts, refinement) and writes them.
class ImageCutter {
 public:
  /// `annotations` is null if none are wanted.
  ImageCutter(const MaskCutVerb& options, CocoWriter* annotations, ImageProgress& progress)
      : options_(options), annotations_(annotations), progress_(progress) {
    if (options.given_features.empty()) extractor_ = open_features(options.features);
  }

  void cut(const std::string& image) {
    const cv::Mat picture = read_image(image, {options_.bits, options_.quiet});
    const FeatureMap features = extractor_ ? extractor_->extract(view_of(picture))
                                           : read_features(options_.given_features, options_.features.input);
    const std::vector<CutStep> steps =
        maskcut(features, options_.cuts, options_.features.threads, options_.features.device);
    const std::vector<Mask> masks =
        finish_cuts(steps, features.grid, features.input, view_of(picture),
                    {.crf = options_.crf, .threads = crf_threads(), .device = options_.features.device});
    if (!options_.trace.empty()) write_trace(options_.trace, steps, features);
    const std::string file_name = file_name_of(image);
    if (!options_.overlay.empty()) write_overlay(overlay_of(options_, image), picture, masks);
    std::vector<Rle> found;
    for (const Mask& mask : masks)
      if (Rle rle = rle_encode(mask); rle_area(rle) > 0) found.push_back(std::move(rle));
    if (annotations_) annotations_->add(file_name, {picture.cols, picture.rows}, found);
    progress_.count_done(found.size());
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
  CocoWriter* annotations_;
  ImageProgress& progress_;
  std::unique_ptr<FeatureExtractor> extractor_;
};

CocoInfo info_of(const MaskCutVerb& options) {
  const std::string model = options.features.model.empty() ? default_model_path() : options.features.model;
  return maskcut_info(options.cuts, options.crf, options.features.input, options.features.precision,
                      options.given_features.empty() ? model : options.given_features);
}

void run_maskcut(const MaskCutVerb& options) {
  std::vector<std::string> images;
  for (const std::string& in : options.in) std::ranges::move(resolve_images(in), std::back_inserter(images));
  Outputs outputs({options.features.model, options.given_features}, images);
  for (const std::string& path : {options.json, options.trace}) outputs.add_file(path);
  check_names(options, images, outputs);
  if (!options.overlay.empty()) make_output_folder(options.overlay);
  if (images.size() > 1 && !(options.trace.empty() && options.given_features.empty()))
    throw Error(ErrorKind::Invalid, "--trace and --features are for a single image; name one");
  ImageProgress progress(images.size(), options.quiet);
  std::optional<CocoWriter> annotations;
  if (!options.json.empty()) annotations.emplace(options.json);
  ImageCutter cutter(options, annotations ? &*annotations : nullptr, progress);
  const StopOnSignal stop_on_signal;
  do_images(images, OnError::Skip, progress, [&](const std::string& image) { cutter.cut(image); });

  if (annotations) annotations->finish(info_of(options));
  report_images(images, OnError::Skip, progress);
}

std::string check_tau(const std::string& text) {
  double tau = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tau);
  const bool good = error == std::errc() && end == text.data() + text.size() && tau >= 0 && tau < 1;
  return good ? "" : text + " is no tau: give a cosine similarity in [0, 1)";
}

}  // namespace

void add_maskcut(CLI::App& app) {
  auto options = std::make_shared<MaskCutVerb>();
  MaskCutVerb& o = *options;
  CLI::App* verb = app.add_subcommand(
      "maskcut", "Find the objects of single images by normalized cuts, without a trained segmentation model");
  verb->add_option("IN", o.in, "images, folders of images, or text files with one image name per line")->required();
  verb->add_option("--json", o.json, "write COCO annotations; -: standard output");
  verb->add_option("--overlay", o.overlay, "write one PNG per image, with its masks painted, into this folder");
  verb->add_option("--tau", o.cuts.tau, "cosine similarity above which two patches are linked (default 0.15)")
      ->check(check_tau);
  verb->add_option("--n", o.cuts.masks, "cuts per image, which is the maximum number of objects (default 3)")
      ->check(CLI::Range(1, kMaxCuts));
  verb->add_flag("--automatic", o.cuts.automatic, "stop before --n cuts if no object is left");
  verb->add_option("--sign", o.cuts.sign,
                   "sign of eigenvectors: canonical (the default) or raw (as the solver returns it)")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, CutSign>{{"canonical", CutSign::Canonical}, {"raw", CutSign::Raw}}));
  verb->add_option("--crf", o.crf, "sharpen the masks along the image's edges: on (the default) or off")
      ->transform(CLI::CheckedTransformer(std::map<std::string, bool>{{"on", true}, {"off", false}}));
  verb->add_option("--trace", o.trace, "write what each cut decided to a .safetensors file (one image only)");
  verb->add_option("--features", o.given_features,
                   "cut the features [C, rows, columns] in this .safetensors file (one image only)");
  add_image_options(verb, o);
  verb->callback([options] { run_maskcut(*options); });
}

}  // namespace vcl
