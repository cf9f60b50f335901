// SPDX-License-Identifier: LGPL-2.1-or-later
#include "training/labels/refine.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>

#include "libvcl/engine/refinement/color_refinement.hpp"
#include "training/labels/instance_labels.hpp"
#include "training/labels/refine_label.hpp"
#include "training/learning/predict.hpp"
#include "training/report/plots.hpp"
#include "vcl/error.hpp"

/// Self-training (method.md 3): a video network's confident masks become labels for the next round.
namespace vcl::train {
namespace {

constexpr const char* kMethod = "refine 2";  // changes whenever the labels change

/// The label file that a round starts from. Without one, no photo has a label.
class PresentLabels {
 public:
  explicit PresentLabels(const std::string& path) : path_(path) {
    if (path.empty()) return;
    file_.emplace(path);
    const auto first = file_->tensors().lower_bound("ids/");
    if (first == file_->tensors().end() || !first->first.starts_with("ids/"))
      throw Error(ErrorKind::Unsupported,
                  path +
                      " holds no instances (ids/...): refine goes on from labels of pseudo-label --source model or "
                      "maskcut, or of refine");
  }

  PresentLabel of(const Photo& photo) const {
    if (!file_) return {};
    const auto ids = file_->tensors().find("ids/" + photo.id), weight = file_->tensors().find("weight/" + photo.id);
    if (ids == file_->tensors().end() || weight == file_->tensors().end()) return {};
    if (ids->second.dtype != DType::U8 ||
        ids->second.shape != std::vector<std::int64_t>{photo.size.height, photo.size.width} ||
        weight->second.dtype != DType::F32 || weight->second.bytes.size() != sizeof(float))
      throw Error(ErrorKind::Unsupported,
                  path_ + ": the label of photo " + photo.id + " does not fit the photo; name the labels of this pack");
    PresentLabel label{reinterpret_cast<const std::uint8_t*>(ids->second.bytes.data()), 0};
    std::memcpy(&label.weight, weight->second.bytes.data(), sizeof label.weight);
    return label;
  }

 private:
  const std::string path_;
  std::optional<SafetensorsFile> file_;
};

bool is_refined(const Model& model) {
  const auto entry = model.config.find("color_refinement");
  return entry != model.config.end() && *entry == 1;
}

ColorRefinement colors_of(const Photo& photo) {
  const std::size_t pixels = std::size_t(photo.size.width) * photo.size.height;
  std::vector<float> planes(3 * pixels);
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < 3; ++c) planes[c * pixels + i] = photo.rgb[3 * i + c];
  return ColorRefinement(planes.data(), {photo.size, photo.size, photo.size});
}

/// Returns the masks with a score of at least `least_score`. If the network's masks are color-refined in use, so are
/// these, at the photo's size: the next network learns from outlines that this one could not draw itself.
std::vector<ScoredMask> masks_of(const Photo& photo, const Model& model, float least_score) {
  const PhotoPrediction prediction = predict_photo(photo, model);
  const at::Tensor logits = prediction.logits.to(at::kFloat).contiguous();
  std::optional<ColorRefinement> colors;
  if (is_refined(model)) colors.emplace(colors_of(photo));
  std::vector<ScoredMask> found;
  for (std::int64_t q = 0; q < logits.size(0); ++q) {
    const float score = prediction.scores[q].item<float>();
    if (!(score >= least_score)) continue;
    float* const values = logits[q].mutable_data_ptr<float>();
    if (colors) colors->refine(values);
    found.push_back({Mask(photo.size.width, photo.size.height), score});
    std::vector<std::uint8_t>& pixels = found.back().mask.pixels;
    std::transform(values, values + pixels.size(), pixels.begin(), [](float logit) { return logit > 0; });
  }
  return found;
}

int instances_of(const InstanceMap& map) {
  return map.ids.empty() ? 0 : *std::max_element(map.ids.begin(), map.ids.end());
}

/// Counts what a round has changed, over all photos.
nlohmann::ordered_json count(const InstanceLabels& labels, const PresentLabels& present) {
  int before = 0, predicted = 0, kept = 0, photos_predicted = 0, photos_new = 0, photos_empty = 0;
  for (std::size_t i = 0; i < labels.photos().size(); ++i) {
    const Photo& photo = labels.photos()[i];
    const InstanceMap map = labels.read(i);
    const int had = count_instances(present.of(photo), photo.size), has = instances_of(map);
    before += had;
    predicted += map.predicted;
    kept += has - map.predicted;
    photos_predicted += map.predicted > 0 ? 1 : 0;
    photos_new += had == 0 && has > 0 ? 1 : 0;
    photos_empty += has == 0 ? 1 : 0;
  }
  return {{"instances_before", before},
          {"instances_predicted", predicted},
          {"instances_kept", kept},
          {"instances_replaced", before - kept},
          {"photos_with_predictions", photos_predicted},
          {"photos_labelled_for_the_first_time", photos_new},
          {"photos_without_label", photos_empty}};
}

void print(const nlohmann::ordered_json& figures) {
  std::fprintf(stderr,
               "%d instances are the network's, %d of %d present ones are kept, %d are replaced\n"
               "%d photos have instances of the network, %d of them had no label; %d photos have no label now\n",
               figures["instances_predicted"].get<int>(), figures["instances_kept"].get<int>(),
               figures["instances_before"].get<int>(), figures["instances_replaced"].get<int>(),
               figures["photos_with_predictions"].get<int>(), figures["photos_labelled_for_the_first_time"].get<int>(),
               figures["photos_without_label"].get<int>());
}

#ifdef VCL_HAVE_OPENCV
/// Shows each photo with its label before and after.
void write_sheet(const std::string& path, const InstanceLabels& labels, const PresentLabels& present) {
  std::vector<Picture> pictures;
  for (const std::size_t i : spread(labels.photos().size(), 30)) {
    const Photo& photo = labels.photos()[i];
    const InstanceMap after = labels.read(i);
    const PresentLabel before = present.of(photo);
    char caption[64];
    std::snprintf(caption, sizeof caption, "before: weight %.2f", double(before.weight));
    Picture picture{photo.size, {photo.rgb, photo.rgb + 3 * after.ids.size()}, {}, caption};
    if (before.ids && before.weight > 0) picture.ids.assign(before.ids, before.ids + after.ids.size());
    pictures.push_back(picture);
    std::snprintf(caption, sizeof caption, "after: weight %.2f, %d new, %d kept", double(after.weight), after.predicted,
                  instances_of(after) - after.predicted);
    picture.ids = after.ids;
    picture.caption = caption;
    pictures.push_back(std::move(picture));
  }
  write_contact_sheet(path, pictures, 6);
}
#endif

}  // namespace

void refine(const RefineOptions& options) {
  at::set_num_threads(options.pack.threads);
  const Model model = load_model(options.pack.model);
  if (model.config["architecture"] != "video_mask2former")
    throw Error(ErrorKind::Unsupported, options.pack.model + " is a " +
                                            model.config["architecture"].get<std::string>() +
                                            "; refine takes a video network (vcl-train fit --stage image or video)");
  const PresentLabels present(options.pack.labels);
  char score[32];
  std::snprintf(score, sizeof score, ", score %.6g", double(options.least_score));
  InstanceLabels labels(options.pack, {"refine", "model",
                                       kMethod + std::string(is_refined(model) ? ", colors" : "") + ", model " +
                                           options.pack.model + ", labels " + options.pack.labels + score});
  labels.make([&](const Photo& photo) {
    const RefinedLabel label =
        refine_label(masks_of(photo, model, options.least_score), present.of(photo), photo.size, options.least_score);
    const std::size_t pixels = std::size_t(photo.size.width) * photo.size.height;
    return InstanceMap{number_instances(label.instances, pixels), label.weight, label.predicted};
  });
  nlohmann::ordered_json figures = count(labels, present);
#ifdef VCL_HAVE_OPENCV
  if (!options.pack.sheet.empty()) write_sheet(options.pack.sheet, labels, present);
#endif
  print(figures);
  figures["score"] = options.least_score;
  labels.finish(figures);
}

}  // namespace vcl::train
