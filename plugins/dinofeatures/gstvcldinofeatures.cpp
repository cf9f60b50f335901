// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/dinofeatures/gstvcldinofeatures.h"

#include "plugins/base/gstvclannotator.hpp"
#include "plugins/dinofeatures/feature_annotator.hpp"

#define GST_TYPE_VCL_DINO_FEATURES (gst_vcl_dino_features_get_type())
G_DECLARE_FINAL_TYPE(GstVclDinoFeatures, gst_vcl_dino_features, GST, VCL_DINO_FEATURES, GstVclAnnotator)

struct _GstVclDinoFeatures {
  GstVclAnnotator parent;
  gstvcl::FeatureAnnotator* annotator;  // owned by the parent
};

G_DEFINE_TYPE(GstVclDinoFeatures, gst_vcl_dino_features, GST_TYPE_VCL_ANNOTATOR)
GST_ELEMENT_REGISTER_DEFINE(vcl_dino_features, "dinofeatures", GST_RANK_NONE, GST_TYPE_VCL_DINO_FEATURES)

namespace {

using gstvcl::FeatureSettings;
using gstvcl::Visualize;

enum Property { kFacet = 1, kLayer, kInputWidth, kInputHeight, kVisualize, kPointX, kPointY };

GType facet_type() {
  static const GEnumValue values[] = {{gint(vcl::Facet::Key), "Keys", "k"},
                                      {gint(vcl::Facet::Query), "Queries", "q"},
                                      {gint(vcl::Facet::Value), "Values", "v"},
                                      {gint(vcl::Facet::All), "Keys, queries and values, in this order", "kqv"},
                                      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstVclFacet", values);
  return type;
}

GType visualize_type() {
  static const GEnumValue values[] = {
      {gint(Visualize::None), "Leave the pixels as they are", "none"},
      {gint(Visualize::Pca), "The three strongest principal components as red, green and blue", "pca"},
      {gint(Visualize::Similarity), "Cosine similarity to the patch under the point", "similarity"},
      {gint(Visualize::Attention), "What the layer's class token attends to; vision transformers only", "attention"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstVclVisualize", values);
  return type;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  if (!gstvcl::may_change(GST_ELEMENT(object), spec)) return;
  GST_VCL_DINO_FEATURES(object)->annotator->change_settings([id, value](FeatureSettings& settings) {
    switch (id) {
      case kFacet:
        settings.facet = vcl::Facet(g_value_get_enum(value));
        break;
      case kLayer:
        settings.layer = g_value_get_int(value);
        break;
      case kInputWidth:
        settings.input.width = int(g_value_get_uint(value));
        break;
      case kInputHeight:
        settings.input.height = int(g_value_get_uint(value));
        break;
      case kVisualize:
        settings.visualize = Visualize(g_value_get_enum(value));
        break;
      case kPointX:
        settings.point_x = g_value_get_double(value);
        break;
      case kPointY:
        settings.point_y = g_value_get_double(value);
        break;
      default:
        break;
    }
  });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  const FeatureSettings settings = GST_VCL_DINO_FEATURES(object)->annotator->settings();
  switch (id) {
    case kFacet:
      g_value_set_enum(value, gint(settings.facet));
      break;
    case kLayer:
      g_value_set_int(value, settings.layer);
      break;
    case kInputWidth:
      g_value_set_uint(value, guint(settings.input.width));
      break;
    case kInputHeight:
      g_value_set_uint(value, guint(settings.input.height));
      break;
    case kVisualize:
      g_value_set_enum(value, gint(settings.visualize));
      break;
    case kPointX:
      g_value_set_double(value, settings.point_x);
      break;
    case kPointY:
      g_value_set_double(value, settings.point_y);
      break;
    default:
      break;
  }
}

void install_properties(GObjectClass* klass) {
  const FeatureSettings standard;
  const auto ready = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  const auto playing = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  const auto install = [klass](guint id, GParamSpec* spec) { g_object_class_install_property(klass, id, spec); };
  install(kFacet, g_param_spec_enum("facet", "Facet", "Which projections of the attention layer are the features",
                                    facet_type(), gint(standard.facet), ready));
  install(kLayer, g_param_spec_int("layer", "Layer",
                                   "Transformer block to take the features from, counted from 0 (-1: the last)", -1,
                                   1000, standard.layer, ready));
  install(kInputWidth,
          g_param_spec_uint("input-width", "Input width",
                            "Pixels that frames are scaled to for the network, whatever their shape (0: as "
                            "input-height; both 0: as the method says, 480x480, video networks 256x256)",
                            0, vcl::kMaxInputSide, guint(standard.input.width), ready));
  install(kInputHeight, g_param_spec_uint("input-height", "Input height",
                                          "Pixels that frames are scaled to for the network (0: as input-width)", 0,
                                          vcl::kMaxInputSide, guint(standard.input.height), ready));
  install(kVisualize, g_param_spec_enum("visualize", "Visualize", "What to paint over the video", visualize_type(),
                                        gint(standard.visualize), playing));
  install(kPointX, g_param_spec_double("point-x", "Point x",
                                       "Point that visualize=similarity compares with: from 0, the left edge of the "
                                       "frame, to 1, the right one",
                                       0, 1, standard.point_x, playing));
  install(kPointY, g_param_spec_double("point-y", "Point y", "As point-x, from 0, the top of the frame, to 1", 0, 1,
                                       standard.point_y, playing));
}

}  // namespace

static void gst_vcl_dino_features_class_init(GstVclDinoFeaturesClass* klass) {
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  install_properties(object_class);
  gst_element_class_set_static_metadata(
      GST_ELEMENT_CLASS(klass), "DINO features", "Filter/Analyzer/Video",
      "Attaches to every frame a feature vector for each of its patches (GstVclFeaturesMeta and its GstCustomMeta twin "
      "VclFeaturesMeta), and paints them on request. Pixels stay untouched otherwise. Example: ... ! videoconvert ! "
      "dinofeatures model=dino_vits8.safetensors visualize=pca ! videoconvert ! autovideosink",
      "The gst-vcl authors");
}

static void gst_vcl_dino_features_init(GstVclDinoFeatures* self) {
  auto annotator = std::make_unique<gstvcl::FeatureAnnotator>();
  self->annotator = annotator.get();
  gstvcl::set_annotator(GST_VCL_ANNOTATOR(self), std::move(annotator));
}
