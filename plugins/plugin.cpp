// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gst/gst.h>

#include <string>

#include "gst/vcl/gstvclfeaturesmeta.h"
#include "gst/vcl/gstvclinstancesmeta.h"
#include "plugins/dinofeatures/gstvcldinofeatures.h"
#include "plugins/export/gstvclexport.h"
#include "plugins/idmap/gstvclidmap.h"
#include "plugins/maskcut/gstvclmaskcut.h"
#include "plugins/overlay/gstvcloverlay.h"
#include "plugins/sei/gstvclseiread.h"
#include "plugins/sei/gstvclseiwrite.h"
#include "plugins/vis-segment/gstvclvissegment.h"

// The elements of `type` under another name too. A subtype, because a type has one factory.
static gboolean register_alias(GstPlugin* plugin, const char* name, const char* type) {
  GTypeQuery original;
  g_type_query(g_type_from_name(type), &original);
  const GType alias =
      g_type_register_static_simple(original.type, (std::string(type) + "Alias").c_str(), original.class_size, nullptr,
                                    original.instance_size, nullptr, GTypeFlags(0));
  return gst_element_register(plugin, name, GST_RANK_NONE, alias);
}

// The engine is not opened here: this must cost nothing and cannot fail.
static gboolean plugin_init(GstPlugin* plugin) {
  gst_vcl_features_custom_meta_register();
  gst_vcl_instances_custom_meta_register();
  gboolean registered = GST_ELEMENT_REGISTER(vcl_vis_segment, plugin);
  registered |= GST_ELEMENT_REGISTER(vcl_overlay, plugin);
  registered |= GST_ELEMENT_REGISTER(vcl_export, plugin);
  registered |= GST_ELEMENT_REGISTER(vcl_idmap, plugin);
  registered |= GST_ELEMENT_REGISTER(vcl_sei_write, plugin);
  registered |= GST_ELEMENT_REGISTER(vcl_sei_read, plugin);
  registered |= GST_ELEMENT_REGISTER(vcl_dino_features, plugin);
  registered |= GST_ELEMENT_REGISTER(vcl_mask_cut, plugin);
  registered |= register_alias(plugin, "vcl-dinofeatures", "GstVclDinoFeatures");
  registered |= register_alias(plugin, "vcl-maskcut", "GstVclMaskCut");
  return registered;
}

#define PACKAGE "gst-vcl"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, vcl,
                  "Unsupervised video instance segmentation: instance masks and track ids for any video", plugin_init,
                  GST_VCL_VERSION, "LGPL", "gst-vcl", "https://arxiv.org/abs/2308.14710")
