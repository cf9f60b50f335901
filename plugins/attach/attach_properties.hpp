// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "plugins/attach/attach.hpp"
#include "plugins/base/properties.hpp"

namespace gstvcl {

/// Returns the properties of every element that attaches instances. Without GstAnalytics in the build, setting
/// analytics metadata has no effect and logs a warning.
template <auto kSettingsOf, typename Settings>
Properties attach_properties(AttachSettings Settings::*attach) {
  using Field = Fields<kSettingsOf>;
  Property analytics = Field::toggle(
      {"attach-analytics-meta", "Attach analytics meta",
       kHaveAnalytics ? "Also attach GstAnalytics metadata of each instance (object detection, segmentation and "
                        "tracking), for the elements of GStreamer 1.26 and later"
                      : "Also attach GstAnalytics metadata of each instance: cannot be set, for this build has no "
                        "GstAnalytics (it comes with GStreamer 1.26)"},
      kInPlaying, attach, &AttachSettings::analytics_metas);
  if (!kHaveAnalytics)
    analytics.set = [](GObject* object, const GValue* value) {
      if (g_value_get_boolean(value))
        GST_WARNING_OBJECT(object,
                           "attach-analytics-meta cannot be set: gst-vcl was built without GstAnalytics, which comes "
                           "with GStreamer 1.26");
    };
  return {Field::toggle({"attach-roi-meta", "Attach ROI meta",
                         "Also attach one GstVideoRegionOfInterestMeta per instance, for encoders and older analytics "
                         "elements"},
                        kInPlaying, attach, &AttachSettings::roi_metas),
          analytics};
}

}  // namespace gstvcl
