// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "gst/vcl/gstvclfeaturesmeta.h"
#include "plugins/attach/attach.hpp"
#include "plugins/base/annotator.hpp"
#include "plugins/base/feature_source.hpp"
#include "plugins/maskcut/cut_tracks.hpp"
#include "vcl/maskcut.hpp"

namespace gstvcl {

/// The properties of maskcut.
struct CutSettings : AnnotatorSettings {
  vcl::MaskCutOptions cuts;
  bool crf = true;
  bool track = false;
  AttachSettings attach;
};

/// maskcut: the objects of each frame, from features that come with it or from its own.
class CutAnnotator final : public AnnotatorWith<CutSettings> {
 public:
  void open(const std::string& upstream_features) override;
  void close() noexcept override;
  void restart() noexcept override;
  void annotate(const AnnotatorFrame& frame) override;
  bool passes_qos() const override { return upstream_used_; }

 private:
  struct BytesUnref {
    void operator()(GBytes* bytes) const { g_bytes_unref(bytes); }
  };

  bool serves(const std::string& upstream_model) const;
  const GstVclFeaturesMeta* upstream_features(const AnnotatorFrame& frame) const;
  vcl::FeatureMap features_of(const vcl::FrameView& view, const GstVclFeaturesMeta* upstream);
  void cut(const AnnotatorFrame& frame, const GstVclFeaturesMeta* upstream);

  std::atomic<bool> upstream_used_ = false;

  FeatureSource source_;
  vcl::FeatureOptions options_;
  CutTracks tracks_;
  ResultAttacher attacher_;
  std::vector<vcl::Instance> latest_;
  std::unique_ptr<GBytes, BytesUnref> latest_cut_;  // upstream features that `latest_` was cut from
};

}  // namespace gstvcl
