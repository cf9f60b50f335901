// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/base/feature_source.hpp"

#include <tuple>

#include "vcl/engine.hpp"

namespace gstvcl {
namespace {

const char* facet_name(vcl::Facet facet) {
  switch (facet) {
    case vcl::Facet::Query:
      return "q";
    case vcl::Facet::Value:
      return "v";
    case vcl::Facet::All:
      return "kqv";
    case vcl::Facet::Token:
      return "t";
    default:
      return "k";
  }
}

bool same_options(const vcl::FeatureOptions& a, const vcl::FeatureOptions& b) {
  return std::tie(a.model, a.device, a.threads, a.precision, a.facet, a.layer, a.attention) ==
             std::tie(b.model, b.device, b.threads, b.precision, b.facet, b.layer, b.attention) &&
         a.input == b.input;
}

}  // namespace

std::string feature_model_name(const vcl::FeatureOptions& options) {
  const std::string model = options.model.empty() ? vcl::default_model_path() : options.model;
  return model + "#" + facet_name(options.facet) + "@" + std::to_string(options.layer);
}

void FeatureSource::open(const vcl::FeatureOptions& options) {
  if (extractor_ && same_options(options, opened_)) return;
  extractor_.reset();  // before the next one opens, so that there are never two models in memory
  extractor_ = vcl::open_features(options);
  opened_ = options;
  model_name_ = feature_model_name(options);
}

}  // namespace gstvcl
