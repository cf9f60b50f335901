// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/dinofeatures/feature_annotator.hpp"

#include <algorithm>
#include <cmath>

#include "plugins/base/frame_view.hpp"
#include "plugins/dinofeatures/attach_features.hpp"
#include "plugins/dinofeatures/paint_patches.hpp"
#include "vcl/error.hpp"

namespace gstvcl {
namespace {

vcl::FeatureOptions options_of(const FeatureSettings& settings) {
  vcl::FeatureOptions options = settings.network;
  options.facet = settings.facet;
  options.layer = settings.layer;
  options.attention = true;  // visualize may change at any time, and it costs less than 1 % of the network
  const auto& [width, height] = settings.input;
  options.input = {width ? width : height, height ? height : width};
  return options;
}

int patch_under(const vcl::FeatureMap& features, double x, double y) {
  const auto [width, height] = features.grid;
  const int column = std::min(int(x * width), width - 1), row = std::min(int(y * height), height - 1);
  return row * width + column;
}

void check_finite(const vcl::FeatureMap& features) {
  if (!std::ranges::all_of(features.values, [](float value) { return std::isfinite(value); }))
    throw vcl::Error(vcl::ErrorKind::Invalid,
                     "The model gives features that are no finite numbers: its file is broken, use another one.");
}

}  // namespace

std::string FeatureAnnotator::offered_features() const {
  return feature_model_name(options_of(settings_.get()));
}

void FeatureAnnotator::open(const std::string&) {
  source_.open(options_of(now_));
}

void FeatureAnnotator::close() noexcept {
  source_.close();
}

void FeatureAnnotator::restart() noexcept {
  latest_.reset();
  pca_colors_.clear();
  attention_colors_.clear();
  pca_.reset();
  attention_.reset();
}

void FeatureAnnotator::annotate(const AnnotatorFrame& frame) {
  if (frame.infer) {
    vcl::FeatureMap features = source_.extract(MappedFrame(frame.buffer, frame.info).view());
    check_finite(features);
    latest_ = std::make_shared<const vcl::FeatureMap>(std::move(features));
    pca_colors_.clear();
    attention_colors_.clear();
  }
  remove_features(frame.buffer);
  if (!latest_) return;
  attach_features(frame, latest_, source_.model_name());
  if (now_.visualize != Visualize::None) paint_patches(frame, latest_->grid, colors());
}

std::vector<std::uint8_t> FeatureAnnotator::colors() {
  if (now_.visualize == Visualize::Similarity)
    return vcl::heat_colors(vcl::patch_similarity(*latest_, patch_under(*latest_, now_.point_x, now_.point_y)));
  if (now_.visualize == Visualize::Attention) return attention_colors();
  if (pca_colors_.empty()) pca_colors_ = pca_.paint(*latest_);
  return pca_colors_;
}

const std::vector<std::uint8_t>& FeatureAnnotator::attention_colors() {
  if (latest_->attention.empty())
    throw vcl::Error(vcl::ErrorKind::Invalid,
                     "visualize=attention: the model has none, only vision transformers do. Set the property model to "
                     "one, such as DINO's checkpoints, or visualize to pca.");
  if (attention_colors_.empty()) attention_colors_ = vcl::heat_colors(attention_.apply(*latest_));
  return attention_colors_;
}

}  // namespace gstvcl
