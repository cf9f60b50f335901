// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/vis-segment/properties.hpp"

#include <mutex>
#include <utility>

#include "plugins/attach/attach_properties.hpp"
#include "plugins/base/network_properties.hpp"

namespace gstvcl {
namespace {

GType mode_type() {
  static const GEnumValue values[] = {
      {gint(vcl::DecodeMode::Window), "Windows of a few frames, joined into tracks; results come while the stream runs",
       "window"},
      {gint(vcl::DecodeMode::Whole), "All frames together, as in the paper; all results come at the end", "whole"},
      {0, nullptr, nullptr}};
  static const GType type = enum_type("GstVclDecodeMode", values);
  return type;
}

GType motion_type() {
  static const GEnumValue values[] = {
      {gint(vcl::Motion::Auto), "As the model was trained: one that sees how frames move is shown it", "auto"},
      {gint(vcl::Motion::Off), "Each frame by itself: what moves is found by its looks alone", "off"},
      {0, nullptr, nullptr}};
  static const GType type = enum_type("GstVclMotion", values);
  return type;
}

GType overlap_type() {
  static const GEnumValue values[] = {
      {gint(vcl::Overlap::Auto), "As the model's file says", "auto"},
      {gint(vcl::Overlap::Allow), "A pixel may belong to several instances, as in the paper", "allow"},
      {gint(vcl::Overlap::Forbid), "A pixel belongs to the best instance that claims it", "forbid"},
      {0, nullptr, nullptr}};
  static const GType type = enum_type("GstVclOverlap", values);
  return type;
}

Guarded<Settings>& settings_of(GObject* element) {
  return shared_of(element).settings;
}

/// The streaming thread does not wait for the change, which may make a large mask.
template <typename Change>
std::string change_where_to_look(Shared& shared, const Change& change) {
  Look look;  // in the end what was there before, which goes without a lock
  const std::lock_guard one_at_a_time(shared.look_changes);
  look = shared.settings.get().look;
  std::string refusal = change(look);
  shared.settings.change([&](Settings& settings) { std::swap(settings.look, look); });
  return refusal;
}

/// Calls a change of where to look. What it refuses is a warning at once, and an error of the next start.
template <typename Change>
void change_look(GObject* object, const Change& change) {
  const std::string refusal = change_where_to_look(shared_of(object), change);
  if (!refusal.empty()) GST_ELEMENT_WARNING(object, RESOURCE, SETTINGS, ("%s", refusal.c_str()), (nullptr));
}

Property region_property() {
  Property region = Fields<settings_of>::text(
      {"region", "Region",
       "Part of the frames that the network sees, in pixels: X,Y,WIDTH,HEIGHT, such as 320,0,640,480. Masks and boxes "
       "are those of the whole frame, and never outside of it. A change ends all tracks (not set: the whole frame)"},
      kInPlaying, &Settings::look, &Look::region);
  region.set = [](GObject* object, const GValue* value) {
    const char* text = g_value_get_string(value);
    change_look(object, [text](Look& look) { return change_region(look, text ? text : ""); });
  };
  return region;
}

Property mask_property() {
  return {g_param_spec_boxed("mask", "Mask",
                             "What to ignore: a GRAY8 frame, stretched over the video. Where it is below 128, pixels "
                             "are hidden from the network, and no mask has them. A change ends all tracks (not set: "
                             "nothing is ignored)",
                             GST_TYPE_SAMPLE, kInPlaying),
          [](GObject* object, const GValue* value) {
            auto* sample = static_cast<GstSample*>(g_value_get_boxed(value));
            change_look(object, [sample](Look& look) { return change_mask(look, sample); });
          },
          [](GObject* object, GValue* value) { g_value_set_boxed(value, settings_of(object).get().look.mask.get()); }};
}

}  // namespace

void install_vis_segment_properties(GObjectClass* klass) {
  using Field = Fields<settings_of>;
  using vcl::EngineOptions, vcl::Filters;
  constexpr auto engine = &Settings::engine;
  constexpr auto filters = &Settings::filters;
  const Property stats = {
      g_param_spec_boxed(
          "stats", "Statistics",
          "Of this stream: numbers of frames, inferences, stale frames, tracks and queued frames, and the milliseconds "
          "of inferences and of frames in the element; also posted as a message once per second and at the end",
          GST_TYPE_STRUCTURE, kReadOnly),
      {},
      [](GObject* object, GValue* value) { g_value_take_boxed(value, shared_of(object).stats.get().to_structure()); }};
  install_properties(
      klass,
      {network_properties<settings_of>(
           &Settings::engine, &Settings::interval,
           "Model file, or the name of a model that vcl model get fetched; not set: the default model that comes with "
           "gst-vcl",
           "Number of CPU threads for inference (0: the model's number, or else all processors that this process may "
           "use)"),
       {Field::choice(
            {"motion", "Motion",
             "Whether the network sees how frames move. A model that was trained to see it finds what moves, ends "
             "tracks at cuts and may hold back one frame more; for other models both values are the same"},
            motion_type(), kInReady, engine, &EngineOptions::motion),
        Field::choice({"mode", "Mode",
                       "How much of the video is decoded together. whole holds all frames back until the end of the "
                       "stream, a seek or a hole in time: for files, not for live streams"},
                      mode_type(), kInReady, engine, &EngineOptions::mode),
        Field::number<guint>({"window", "Window",
                              "Number of frames that are decoded together; window - 1 inferred frames are held back, "
                              "which is the latency (0: the model's number)"},
                             0, 256, kInReady, engine, &EngineOptions::window),
        Field::number<guint>({"stride", "Stride",
                              "Number of frames from one window to the next, at most window; smaller is steadier, "
                              "larger is faster (0: the model's number)"},
                             0, 256, kInReady, engine, &EngineOptions::stride),
        Field::toggle({"model-cache", "Model cache",
                       "Share one copy of the weights in memory with the other elements of this process that have the "
                       "same model file and device; false: load a copy of its own"},
                      kInReady, engine, &EngineOptions::model_cache),
        Field::toggle(
            {"pipelined", "Pipelined",
             "Hold back one more inferred frame if the network sees motion, so that another processor finds "
             "the motion of each frame beside the network: the same results, more frames per second, for files"},
            kInReady, engine, &EngineOptions::pipelined),
        Field::number<gfloat>({"threshold", "Threshold",
                               "Minimum score of a track to be reported, from 0 to 1; a reported track stays down to "
                               "half of it (below 0: the model's threshold)"},
                              -1, 1, kInPlaying, filters, &Filters::threshold),
        Field::number<guint>(
            {"max-instances", "Maximum instances", "Maximum number of instances per frame, best scores first"}, 1, 1000,
            kInPlaying, filters, &Filters::max_instances),
        Field::number<guint64>(
            {"min-area", "Minimum area", "Minimum area of a mask to be reported, in pixels of the frame"}, 0,
            G_MAXUINT64, kInPlaying, filters, &Filters::min_area),
        Field::number<guint>({"max-age", "Maximum age",
                              "Maximum number of frames that an object may be missing and keep its id when it returns "
                              "(0: an object that was missing gets a new id); without effect in mode=whole"},
                             0, G_MAXINT, kInPlaying, filters, &Filters::max_age),
        Field::choice({"overlap", "Overlap",
                       "Whether a pixel may belong to several instances. Without overlap, repeated masks of one thing "
                       "and parts below a tenth of a mask are left out too"},
                      overlap_type(), kInPlaying, filters, &Filters::overlap),
        region_property(), mask_property(), stats},
       attach_properties<settings_of>(&Settings::attach)});
}

}  // namespace gstvcl
