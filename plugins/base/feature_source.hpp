// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <string>

#include "vcl/features.hpp"

namespace gstvcl {

/// Returns the name for GstVclFeaturesMeta::model. Features with equal names are comparable. The name is the model's
/// path, '#', the facet, '@' and the layer.
std::string feature_model_name(const vcl::FeatureOptions& options);

/// A feature extractor that is reopened when its options change.
class FeatureSource {
 public:
  /// Opens the extractor, unless it is open with the same options. Throws vcl::Error.
  void open(const vcl::FeatureOptions& options);
  void close() noexcept { extractor_.reset(); }

  vcl::FeatureMap extract(const vcl::FrameView& frame) { return extractor_->extract(frame); }
  const std::string& model_name() const { return model_name_; }

 private:
  std::unique_ptr<vcl::FeatureExtractor> extractor_;
  vcl::FeatureOptions opened_;
  std::string model_name_;
};

}  // namespace gstvcl
