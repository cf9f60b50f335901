// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <string>

#include "plugins/base/guarded.hpp"
#include "vcl/features.hpp"

namespace gstvcl {

/// The properties of every annotator. The settings of each annotator derive from it.
struct AnnotatorSettings {
  vcl::FeatureOptions network;  ///< model, device, threads and precision of the network
  guint interval = 1;
};

/// A frame that is passed to an annotator.
struct AnnotatorFrame {
  GstBuffer* buffer;  ///< writable
  const GstVideoInfo& info;
  GstClockTime running_time;  ///< GST_CLOCK_TIME_NONE if unknown
  guint64 number;             ///< counts from 0, restarts when the input begins and after a flush
  bool infer;                 ///< if false, repeat the latest result without computation
};

/// The work of an element that computes something for each frame and attaches it. GstVclAnnotator calls it in the
/// streaming thread and during state changes, never both at once. Exceptions become element errors.
class Annotator {
 public:
  virtual ~Annotator() = default;

  /// Copies the settings, which apply to the next annotated frame. Returns those that every annotator has.
  virtual const AnnotatorSettings& take_settings() = 0;

  /// Loads the engine and model that the settings name, unless they are loaded already. `upstream_features` names the
  /// features that an upstream element will attach (GstVclFeaturesMeta::model). It is empty if there are none.
  virtual void open(const std::string& upstream_features) = 0;
  virtual void close() noexcept = 0;

  /// Starts anew, because the next frame is unrelated to the previous ones: flush, seek, other caps, a jump in time.
  virtual void restart() noexcept = 0;

  virtual void annotate(const AnnotatorFrame& frame) = 0;

  /// Returns the name of the features that this element attaches (GstVclFeaturesMeta::model), or an empty string if it
  /// attaches none. Any thread may call.
  virtual std::string offered_features() const { return {}; }

  /// Returns whether QoS events go on to upstream elements, because those compute what this one needs. Any thread may
  /// call.
  virtual bool passes_qos() const { return false; }
};

/// An annotator that owns its settings, which derive from AnnotatorSettings.
template <typename Settings>
class AnnotatorWith : public Annotator {
 public:
  /// Any thread may call.
  Guarded<Settings>& settings() { return settings_; }

  const AnnotatorSettings& take_settings() final { return now_ = settings_.get(); }

 protected:
  Guarded<Settings> settings_;
  Settings now_;  ///< settings of the current frame
};

}  // namespace gstvcl
