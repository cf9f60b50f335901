// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <string>

#include "vcl/features.hpp"

namespace gstvcl {

/// What makes features comparable, GstVclFeaturesMeta::model: the model's path, '#', the facet, '@' and the layer.
std::string feature_model_name(const vcl::FeatureOptions& options);

/// An extractor that is opened when its options change.
class FeatureSource {
 public:
  /// Opens the extractor unless this very one is open. Throws vcl::Error.
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
