// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <vector>

#include "plugins/base/annotator.hpp"
#include "plugins/base/feature_source.hpp"
#include "vcl/feature_colors.hpp"

namespace gstvcl {

enum class Visualize { None, Pca, Similarity, Attention };

/// The properties of dinofeatures.
struct FeatureSettings : AnnotatorSettings {
  vcl::Facet facet = vcl::Facet::Key;
  int layer = -1;
  vcl::Size input;  ///< a side of 0: as the other one; both: the method's
  Visualize visualize = Visualize::None;
  double point_x = 0.5, point_y = 0.5;
};

/// dinofeatures: the features of each frame, as metadata and painted.
class FeatureAnnotator final : public AnnotatorWith<FeatureSettings> {
 public:
  void open(const std::string& upstream_features) override;
  void close() noexcept override;
  void restart() noexcept override;
  void annotate(const AnnotatorFrame& frame) override;
  std::string offered_features() const override;

 private:
  std::vector<std::uint8_t> colors();
  const std::vector<std::uint8_t>& attention_colors();

  FeatureSource source_;
  std::shared_ptr<const vcl::FeatureMap> latest_;
  vcl::FeatureColors pca_;
  vcl::AttentionScale attention_;
  std::vector<std::uint8_t> pca_colors_, attention_colors_;  // of the latest features; empty: not yet computed
};

}  // namespace gstvcl
