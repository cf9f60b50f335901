// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/dinofeatures/gstvcldinofeatures.h"

#include "plugins/base/gstvclannotator.hpp"
#include "plugins/base/properties.hpp"
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

GType facet_type() {
  static const GEnumValue values[] = {
      {gint(vcl::Facet::Key), "Keys", "k"},
      {gint(vcl::Facet::Query), "Queries", "q"},
      {gint(vcl::Facet::Value), "Values", "v"},
      {gint(vcl::Facet::All), "Keys, queries and values, in this order", "kqv"},
      {gint(vcl::Facet::Token), "Tokens: the output of the layer, after the final norm", "t"},
      {0, nullptr, nullptr}};
  static const GType type = gstvcl::enum_type("GstVclFacet", values);
  return type;
}

GType visualize_type() {
  static const GEnumValue values[] = {
      {gint(Visualize::None), "Leave the pixels as they are", "none"},
      {gint(Visualize::Pca), "The three strongest principal components as red, green and blue", "pca"},
      {gint(Visualize::Similarity), "Cosine similarity to the patch under the point", "similarity"},
      {gint(Visualize::Attention), "What the layer's class token attends to; vision transformers only", "attention"},
      {0, nullptr, nullptr}};
  static const GType type = gstvcl::enum_type("GstVclVisualize", values);
  return type;
}

gstvcl::Guarded<FeatureSettings>& settings_of(GObject* object) {
  return GST_VCL_DINO_FEATURES(object)->annotator->settings();
}

void install_properties(GObjectClass* klass) {
  using Field = gstvcl::Fields<settings_of>;
  gstvcl::install_properties(
      klass,
      {gstvcl::annotator_properties<settings_of>(),
       {Field::choice({"facet", "Facet", "Part of the layer that is taken for features, of vision transformers only"},
                      facet_type(), gstvcl::kInReady, &FeatureSettings::facet),
        Field::number<gint>({"layer", "Layer",
                             "Transformer block that the features are taken from, counted from 0 (-1: the last block)"},
                            -1, 1000, gstvcl::kInReady, &FeatureSettings::layer),
        Field::number<guint>({"input-width", "Input width",
                              "Width in pixels that frames are scaled to for the network, whatever their shape (0: as "
                              "input-height; both 0: the size of the method, 480x480, of video networks 256x256)"},
                             0, vcl::kMaxInputSide, gstvcl::kInReady, &FeatureSettings::input, &vcl::Size::width),
        Field::number<guint>(
            {"input-height", "Input height",
             "Height in pixels that frames are scaled to for the network, whatever their shape (0: as input-width)"},
            0, vcl::kMaxInputSide, gstvcl::kInReady, &FeatureSettings::input, &vcl::Size::height),
        Field::choice({"visualize", "Visualize", "What is painted over the video"}, visualize_type(),
                      gstvcl::kInPlaying, &FeatureSettings::visualize),
        Field::number<gdouble>({"point-x", "Point x",
                                "Column of the point that visualize=similarity compares with, from 0 (left edge of the "
                                "frame) to 1 (right edge)"},
                               0, 1, gstvcl::kInPlaying, &FeatureSettings::point_x),
        Field::number<gdouble>({"point-y", "Point y",
                                "Row of the point that visualize=similarity compares with, from 0 (top edge of the "
                                "frame) to 1 (bottom edge)"},
                               0, 1, gstvcl::kInPlaying, &FeatureSettings::point_y)}});
}

}  // namespace

static void gst_vcl_dino_features_class_init(GstVclDinoFeaturesClass* klass) {
  install_properties(G_OBJECT_CLASS(klass));
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
