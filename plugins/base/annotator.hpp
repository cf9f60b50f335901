// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <string>

#include "plugins/base/guarded.hpp"
#include "vcl/features.hpp"

namespace gstvcl {

/// Properties that every annotator has. The settings of an annotator derive from it.
struct AnnotatorSettings {
  vcl::FeatureOptions network;  ///< model, device, threads and precision of it
  guint interval = 1;
};

/// A frame as an annotator gets it.
struct AnnotatorFrame {
  GstBuffer* buffer;  ///< writable
  const GstVideoInfo& info;
  GstClockTime running_time;  ///< none where it is unknown
  guint64 number;             ///< counts from 0 since the input began or a flush
  bool infer;                 ///< else: repeat what is known, no computation
};

/// What an element does that computes something for each frame and attaches it (GstVclAnnotator calls it). Streaming
/// thread and state changes only, never both at once. Exceptions become element errors.
class Annotator {
 public:
  virtual ~Annotator() = default;

  /// Copies the settings, which hold for the frame that is annotated next. Returns those of every annotator.
  virtual const AnnotatorSettings& take_settings() = 0;

  /// Loads engine and model of the settings, unless these very ones are loaded. `upstream_features`: what an element
  /// before this one will attach, GstVclFeaturesMeta::model; empty: none.
  virtual void open(const std::string& upstream_features) = 0;
  virtual void close() noexcept = 0;

  /// What comes next is unrelated to what was: flush, seek, other caps, a jump in time.
  virtual void restart() noexcept = 0;

  virtual void annotate(const AnnotatorFrame& frame) = 0;

  /// What this element attaches with its settings, GstVclFeaturesMeta::model; empty: no features. Any thread.
  virtual std::string offered_features() const { return {}; }

  /// Whether elements before this one must hear of lateness too, because they compute what this one needs. Any thread.
  virtual bool passes_qos() const { return false; }
};

/// An annotator with its settings, which derive from AnnotatorSettings.
template <typename Settings>
class AnnotatorWith : public Annotator {
 public:
  /// Any thread.
  Guarded<Settings>& settings() { return settings_; }

  const AnnotatorSettings& take_settings() final { return now_ = settings_.get(); }

 protected:
  Guarded<Settings> settings_;
  Settings now_;  ///< of this frame
};

}  // namespace gstvcl
