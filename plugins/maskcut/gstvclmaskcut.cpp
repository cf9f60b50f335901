// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/maskcut/gstvclmaskcut.h"

#include "plugins/attach/attach_properties.hpp"
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

GType sign_type() {
  static const GEnumValue values[] = {
      {gint(vcl::CutSign::Canonical), "Reproducible: the side above the mean holds the largest magnitude", "canonical"},
      {gint(vcl::CutSign::Raw), "As the solver gave it", "raw"},
      {gint(vcl::CutSign::Opposite), "The opposite of canonical", "opposite"},
      {0, nullptr, nullptr}};
  static const GType type = gstvcl::enum_type("GstVclCutSign", values);
  return type;
}

gstvcl::Guarded<CutSettings>& settings_of(GObject* object) {
  return GST_VCL_MASK_CUT(object)->annotator->settings();
}

void install_properties(GObjectClass* klass) {
  using Field = gstvcl::Fields<settings_of>;
  using vcl::MaskCutOptions;
  const auto cuts = [](const char* name, const char* nick, const char* blurb) {
    return Field::number<guint>({name, nick, blurb}, 1, vcl::kMaxCuts, gstvcl::kInPlaying, &CutSettings::cuts,
                                &MaskCutOptions::masks);
  };
  gstvcl::install_properties(
      klass,
      {gstvcl::annotator_properties<settings_of>(),
       {Field::number<gdouble>({"tau", "Tau", "Cosine similarity above which two patches are linked, from 0 to 0.999"},
                               0, kMaxTau, gstvcl::kInPlaying, &CutSettings::cuts, &MaskCutOptions::tau),
        cuts("max-cuts", "Maximum cuts", "Cuts per frame: the maximum number of objects"),
        gstvcl::deprecated(cuts("n", "N", "Deprecated: use max-cuts"), "max-cuts", "0.2"),
        Field::toggle({"automatic", "Automatic",
                       "Stop before the first cut that finds no object, after max-cuts cuts at the latest"},
                      gstvcl::kInPlaying, &CutSettings::cuts, &MaskCutOptions::automatic),
        Field::toggle({"crf", "CRF",
                       "Sharpen the masks along the edges of the picture (dense CRF), fill their holes, and drop masks "
                       "that this changes by half"},
                      gstvcl::kInPlaying, &CutSettings::crf),
        Field::choice({"sign", "Sign", "Which of the two signs of an eigenvector is taken"}, sign_type(),
                      gstvcl::kInPlaying, &CutSettings::cuts, &MaskCutOptions::sign),
        Field::toggle({"track", "Track",
                       "Objects that overlap those of the frame before (IoU of the masks at least 0.3) keep their ids; "
                       "otherwise objects get new ids in every frame"},
                      gstvcl::kInPlaying, &CutSettings::track)},
       gstvcl::attach_properties<settings_of>(&CutSettings::attach)});
}

}  // namespace

static void gst_vcl_mask_cut_class_init(GstVclMaskCutClass* klass) {
  install_properties(G_OBJECT_CLASS(klass));
  gst_element_class_set_static_metadata(
      GST_ELEMENT_CLASS(klass), "MaskCut", "Filter/Analyzer/Video",
      "Cuts the objects out of every single frame, without any learning but the features', and attaches their masks, "
      "boxes and scores (GstVclInstancesMeta, its GstCustomMeta twin VclInstancesMeta, and regions of interest). It "
      "uses the features of a dinofeatures before it, else makes its own. Pixels stay untouched. Example: ... ! "
      "videoconvert ! maskcut track=true ! vcl-overlay ! videoconvert ! autovideosink",
      "The gst-vcl authors");
}

static void gst_vcl_mask_cut_init(GstVclMaskCut* self) {
  auto annotator = std::make_unique<gstvcl::CutAnnotator>();
  self->annotator = annotator.get();
  gstvcl::set_annotator(GST_VCL_ANNOTATOR(self), std::move(annotator));
}
