// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/gstvideofilter.h>

#include <memory>

#include "plugins/base/annotator.hpp"
#include "plugins/base/network_properties.hpp"

/// Base class of the elements that compute something for each frame and attach it in place. It selects the frames to
/// compute and handles states, events, quality of service and errors.
#define GST_TYPE_VCL_ANNOTATOR (gst_vcl_annotator_get_type())
G_DECLARE_DERIVABLE_TYPE(GstVclAnnotator, gst_vcl_annotator, GST, VCL_ANNOTATOR, GstVideoFilter)

struct _GstVclAnnotatorClass {
  GstVideoFilterClass parent_class;
};

namespace gstvcl {

/// Returns the properties of every annotator, which a derived type installs with its own. `kSettingsOf` is as in
/// Fields.
template <auto kSettingsOf>
Properties annotator_properties() {
  return network_properties<kSettingsOf>(
      &AnnotatorSettings::network, &AnnotatorSettings::interval,
      "Path of a model, .safetensors or .pth; not set: the default model that comes with gst-vcl",
      "Number of CPU threads (0: all processors that this process may use)");
}

/// Sets the annotator. Call it in the init function of the derived type.
void set_annotator(GstVclAnnotator* self, std::unique_ptr<Annotator> annotator);

}  // namespace gstvcl
