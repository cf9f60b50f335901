// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "libvcl/engine/maskcut/photo_features.hpp"
#include "vcl/features.hpp"

namespace vcl {

/// The implementation of vcl::open_features.
class NetworkExtractor final : public FeatureExtractor {
 public:
  explicit NetworkExtractor(const FeatureOptions& options);
  FeatureMap extract(const FrameView& frame) override;
  NetworkInput input(const FrameView& frame) override;

 private:
  FeatureNetwork network_;
  PhotoFeatures what_;
  int threads_;
  bool attention_;
};

}  // namespace vcl
