// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/maskcut/gstvclmaskcut.h"

#include "plugins/base/gstvclannotator.hpp"
#include "plugins/maskcut/cut_annotator.hpp"

#define GST_TYPE_VCL_MASK_CUT (gst_vcl_mask_cut_get_type())
G_DECLARE_FINAL_TYPE(GstVclMaskCut, gst_vcl_mask_cut, GST, VCL_MASK_CUT, GstVclAnnotator)

struct _GstVclMaskCut {
  GstVclAnnotator parent;
  gstvcl::CutAnnotator* annotator;  // owned by the parent
};

G_DEFINE_TYPE(GstVclMaskCut, gst_vcl_mask_cut, GST_TYPE_VCL_ANNOTATOR)
GST_ELEMENT_REGISTER_DEFINE(vcl_mask_cut, "maskcut", GST_RANK_NONE, GST_TYPE_VCL_MASK_CUT)

namespace {

using gstvcl::CutSettings;

constexpr double kMaxTau = 0.999;  // the engine wants less than 1

enum Property { kTau = 1, kMaxCuts, kN, kAutomatic, kCrf, kSign, kTrack, kAttachRoiMeta, kAttachAnalyticsMeta };

GType sign_type() {
  static const GEnumValue values[] = {
      {gint(vcl::CutSign::Canonical), "Reproducible: the side above the mean holds the largest magnitude", "canonical"},
      {gint(vcl::CutSign::Raw), "As the solver gave it", "raw"},
      {gint(vcl::CutSign::Opposite), "Canonical turned round", "opposite"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstVclCutSign", values);
  return type;
}

// Once per element.
void warn_of_n(GObject* object) {
  static const GQuark warned = g_quark_from_static_string("gst-vcl-warned-of-n");
  if (g_object_get_qdata(object, warned)) return;
  g_object_set_qdata(object, warned, object);
  GST_WARNING_OBJECT(object, "property n is deprecated, gst-vcl 0.2 removes it: use max-cuts");
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  if (id == kN) {
    warn_of_n(object);
    return g_object_set_property(object, "max-cuts", value);
  }
  GST_VCL_MASK_CUT(object)->annotator->change_settings([id, value](CutSettings& settings) {
    switch (id) {
      case kTau:
        settings.cuts.tau = g_value_get_double(value);
        break;
      case kMaxCuts:
        settings.cuts.masks = int(g_value_get_uint(value));
        break;
      case kAutomatic:
        settings.cuts.automatic = g_value_get_boolean(value);
        break;
      case kCrf:
        settings.crf = g_value_get_boolean(value);
        break;
      case kSign:
        settings.cuts.sign = vcl::CutSign(g_value_get_enum(value));
        break;
      case kTrack:
        settings.track = g_value_get_boolean(value);
        break;
      case kAttachRoiMeta:
        settings.attach.roi_metas = g_value_get_boolean(value);
        break;
      case kAttachAnalyticsMeta:
        settings.attach.analytics_metas = gstvcl::analytics_wanted(value);
        break;
      default:
        break;
    }
  });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  const CutSettings settings = GST_VCL_MASK_CUT(object)->annotator->settings();
  switch (id) {
    case kTau:
      g_value_set_double(value, settings.cuts.tau);
      break;
    case kMaxCuts:
    case kN:
      g_value_set_uint(value, guint(settings.cuts.masks));
      break;
    case kAutomatic:
      g_value_set_boolean(value, settings.cuts.automatic);
      break;
    case kCrf:
      g_value_set_boolean(value, settings.crf);
      break;
    case kSign:
      g_value_set_enum(value, gint(settings.cuts.sign));
      break;
    case kTrack:
      g_value_set_boolean(value, settings.track);
      break;
    case kAttachRoiMeta:
      g_value_set_boolean(value, settings.attach.roi_metas);
      break;
    case kAttachAnalyticsMeta:
      g_value_set_boolean(value, settings.attach.analytics_metas);
      break;
    default:
      break;
  }
}

void install_properties(GObjectClass* klass) {
  const CutSettings standard;
  const auto flags = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  const auto install = [klass](guint id, GParamSpec* spec) { g_object_class_install_property(klass, id, spec); };
  install(kTau, g_param_spec_double("tau", "Tau", "Cosine similarity above which two patches are alike", 0, kMaxTau,
                                    standard.cuts.tau, flags));
  install(kMaxCuts, g_param_spec_uint("max-cuts", "Maximum cuts", "Cuts per frame: the maximum number of objects", 1,
                                      vcl::kMaxCuts, guint(standard.cuts.masks), flags));
  install(kN, g_param_spec_uint("n", "N", "Deprecated: use max-cuts", 1, vcl::kMaxCuts, guint(standard.cuts.masks),
                                GParamFlags(flags | G_PARAM_DEPRECATED)));
  install(kAutomatic,
          g_param_spec_boolean("automatic", "Automatic",
                               "Stop before the first cut that finds no object, after max-cuts cuts at the latest",
                               standard.cuts.automatic, flags));
  install(kCrf, g_param_spec_boolean("crf", "CRF",
                                     "Sharpen masks along the edges of the picture (dense CRF), fill their holes, and "
                                     "discard those that this changes too much",
                                     standard.crf, flags));
  install(kSign, g_param_spec_enum("sign", "Sign", "Which of an eigenvector's two signs is taken", sign_type(),
                                   gint(standard.cuts.sign), flags));
  install(kTrack, g_param_spec_boolean("track", "Track",
                                       "Objects that overlap those of the frame before (IoU of the masks at least 0.3) "
                                       "keep their ids; else every frame's objects have new ones",
                                       standard.track, flags));
  install(kAttachRoiMeta,
          g_param_spec_boolean("attach-roi-meta", "Attach ROI meta",
                               "Also attach a GstVideoRegionOfInterestMeta an instance, for encoders and older "
                               "analytics elements",
                               standard.attach.roi_metas, flags));
  install(kAttachAnalyticsMeta, gstvcl::analytics_property());
}

}  // namespace

static void gst_vcl_mask_cut_class_init(GstVclMaskCutClass* klass) {
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  install_properties(object_class);
  gst_element_class_set_static_metadata(
      GST_ELEMENT_CLASS(klass), "MaskCut", "Filter/Analyzer/Video",
      "Cuts the objects out of every single frame, without any learning but the features', and attaches their masks, "
      "boxes and scores (GstVclInstancesMeta, its GstCustomMeta twin VclInstancesMeta, and regions of interest). It "
      "uses "
      "the features of a dinofeatures before it, else makes its own. Pixels stay untouched. Example: ... ! "
      "videoconvert "
      "! maskcut track=true ! vcl-overlay ! videoconvert ! autovideosink",
      "The gst-vcl authors");
}

static void gst_vcl_mask_cut_init(GstVclMaskCut* self) {
  auto annotator = std::make_unique<gstvcl::CutAnnotator>();
  self->annotator = annotator.get();
  gstvcl::set_annotator(GST_VCL_ANNOTATOR(self), std::move(annotator));
}
