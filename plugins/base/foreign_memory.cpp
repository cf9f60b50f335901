// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/base/foreign_memory.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "plugins/base/c_callback.hpp"

namespace gstvcl {
namespace {

struct Download {
  std::string_view memory;
  const char* element;
};

constexpr std::array<Download, 7> kDownloads = {{{"memory:VAMemory", "vapostproc"},
                                                 {"memory:VASurface", "vaapipostproc"},
                                                 {"memory:DMABuf", "vapostproc or v4l2convert"},
                                                 {"memory:CUDAMemory", "cudadownload"},
                                                 {"memory:NVMM", "nvvideoconvert"},
                                                 {"memory:GLMemory", "gldownload"},
                                                 {"memory:D3D11Memory", "d3d11download"}}};

const char* element_that_downloads(std::string_view memory) {
  const auto* download = std::ranges::find(kDownloads, memory, &Download::memory);
  return download == kDownloads.end() ? "the download element of the decoder's plugin" : download->element;
}

/// Returns the feature of caps that names foreign memory, or null.
const char* foreign_memory_of(const GstCaps* caps) {
  const GstCapsFeatures* features = gst_caps_get_size(caps) > 0 ? gst_caps_get_features(caps, 0) : nullptr;
  for (guint i = 0; features && i < gst_caps_features_get_size(features); ++i) {
    const char* feature = gst_caps_features_get_nth(features, i);
    if (g_str_has_prefix(feature, "memory:") && !g_str_equal(feature, GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY))
      return feature;
  }
  return nullptr;
}

// The pad itself refuses such caps before its element sees the event.
GstPadProbeReturn see_caps(GstPad* pad, GstPadProbeInfo* info, gpointer) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  GstCaps* caps;
  gst_event_parse_caps(event, &caps);
  const char* memory = foreign_memory_of(caps);
  GstElement* element = memory ? gst_pad_get_parent_element(pad) : nullptr;
  if (!element) return GST_PAD_PROBE_OK;
  GST_ELEMENT_ERROR(element, CORE, NEGOTIATION,
                    ("Frames are in %s, and only those in system memory can be read: put %s before %s.", memory,
                     element_that_downloads(memory), GST_OBJECT_NAME(element)),
                    (nullptr));
  gst_object_unref(element);
  return GST_PAD_PROBE_OK;
}

}  // namespace

void explain_foreign_memory(GstPad* sink) {
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, c_callback<see_caps>, nullptr, nullptr);
}

}  // namespace gstvcl
