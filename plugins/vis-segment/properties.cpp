// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/vis-segment/properties.hpp"

#include "plugins/base/precision_type.hpp"

namespace gstvcl {
namespace {

enum Property {
  kModel = 1,
  kDevice,
  kThreads,
  kPrecision,
  kMotion,
  kMode,
  kWindow,
  kStride,
  kModelCache,
  kPipelined,
  kLastStructural = kPipelined,
  kInterval,
  kThreshold,
  kMaxInstances,
  kMinArea,
  kMaxAge,
  kOverlap,
  kAttachRoiMeta,
  kAttachAnalyticsMeta,
  kStats,
};

GType mode_type() {
  static const GEnumValue values[] = {
      {gint(vcl::DecodeMode::Window), "Windows of a few frames, joined into tracks; results come as it goes", "window"},
      {gint(vcl::DecodeMode::Whole), "All frames together, as in the paper; everything comes at the end", "whole"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstVclDecodeMode", values);
  return type;
}

GType motion_type() {
  static const GEnumValue values[] = {
      {gint(vcl::Motion::Auto), "As the model was trained: one that sees how frames move is shown it", "auto"},
      {gint(vcl::Motion::Off), "Each frame by itself: what moves is found by its looks alone", "off"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstVclMotion", values);
  return type;
}

GType overlap_type() {
  static const GEnumValue values[] = {
      {gint(vcl::Overlap::Auto), "As the model's file says", "auto"},
      {gint(vcl::Overlap::Allow), "A pixel may belong to several instances, as in the paper", "allow"},
      {gint(vcl::Overlap::Forbid), "A pixel belongs to the best instance that claims it", "forbid"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstVclOverlap", values);
  return type;
}

std::string string_of(const GValue* value) {
  const gchar* text = g_value_get_string(value);
  return text ? text : "";
}

}  // namespace

void install_properties(GObjectClass* klass) {
  const vcl::EngineOptions engine;
  const vcl::Filters filters;
  const auto ready = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  const auto playing = GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  const auto read_only = GParamFlags(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  const auto install = [klass](guint id, GParamSpec* spec) { g_object_class_install_property(klass, id, spec); };

  install(kModel,
          g_param_spec_string("model", "Model",
                              "Path of a .safetensors model; not set: the default model that comes with gst-vcl",
                              nullptr, ready));
  install(kDevice,
          g_param_spec_string("device", "Device",
                              "Where inference runs: auto, cpu, cuda or cuda:N (auto: CUDA if there is any); a "
                              "device that is missing is an error",
                              engine.device.c_str(), ready));
  install(kThreads, g_param_spec_uint(
                        "threads", "Threads",
                        "CPU threads for inference (0: as the model says, else all processors this process may use)", 0,
                        1024, guint(engine.threads), ready));
  install(kPrecision, g_param_spec_enum("precision", "Precision",
                                        "Arithmetic of the network; bf16 is faster on processors and GPUs that have "
                                        "instructions for it, slower on others",
                                        precision_type(), gint(engine.precision), ready));
  install(kMotion, g_param_spec_enum(
                       "motion", "Motion",
                       "Whether the network sees how frames move, where its model was trained to; it finds what moves, "
                       "ends tracks at cuts and may hold back a frame more, to look ahead. Other models never do",
                       motion_type(), gint(engine.motion), ready));
  install(kMode, g_param_spec_enum("mode", "Mode",
                                   "How much of the video is decoded together; whole holds all frames back until the "
                                   "end of the stream, a seek or a gap: for files, not for live streams",
                                   mode_type(), gint(engine.mode), ready));
  install(kWindow, g_param_spec_uint("window", "Window",
                                     "Frames that are decoded together; window - 1 inferred frames are held back, "
                                     "which is the latency (0: as the model says)",
                                     0, 256, guint(engine.window), ready));
  install(kStride, g_param_spec_uint("stride", "Stride",
                                     "Frames from one window to the next, at most window: smaller is steadier, larger "
                                     "is faster (0: as the model says)",
                                     0, 256, guint(engine.stride), ready));
  install(kModelCache,
          g_param_spec_boolean("model-cache", "Model cache",
                               "Share one copy of the weights in memory with the other elements of this process that "
                               "have the same model file and device; false: an own copy",
                               engine.model_cache, ready));
  install(kPipelined,
          g_param_spec_boolean("pipelined", "Pipelined",
                               "Hold back one inferred frame more where the network sees motion, so that a frame's "
                               "motion is found on another processor beside the network: same results, more frames "
                               "per second, for files",
                               engine.pipelined, ready));
  install(kInterval, g_param_spec_uint("interval", "Interval",
                                       "Infer on every n-th frame; the frames between repeat the latest masks and are "
                                       "marked stale (1: every frame)",
                                       1, G_MAXINT, 1, playing));
  install(kThreshold,
          g_param_spec_float(
              "threshold", "Threshold",
              "Least score, 0 to 1, of a track to be reported; it then stays down to half of it (below 0: as "
              "the model says)",
              -1, 1, filters.threshold, playing));
  install(kMaxInstances, g_param_spec_uint("max-instances", "Maximum instances",
                                           "Most instances that are reported in a frame, best scores first", 1, 1000,
                                           guint(filters.max_instances), playing));
  install(kMinArea,
          g_param_spec_uint64("min-area", "Minimum area", "Least mask area, in pixels of the frame, that is reported",
                              0, G_MAXUINT64, filters.min_area, playing));
  install(kMaxAge,
          g_param_spec_uint("max-age", "Maximum age",
                            "Most frames that an object may be missing and still have its id when it comes back (0: an "
                            "object that went missing is a new one; mode=whole needs none)",
                            0, G_MAXINT, filters.max_age, playing));
  install(kOverlap, g_param_spec_enum("overlap", "Overlap",
                                      "Whether a pixel may belong to several instances; without overlap, repeated "
                                      "masks of one thing and parts below a tenth of a mask are left out too",
                                      overlap_type(), gint(filters.overlap), playing));
  install(kAttachRoiMeta,
          g_param_spec_boolean("attach-roi-meta", "Attach ROI meta",
                               "Also attach a GstVideoRegionOfInterestMeta an instance, for encoders and "
                               "older analytics elements",
                               TRUE, playing));
  install(kAttachAnalyticsMeta, analytics_property());
  install(kStats, g_param_spec_boxed(
                      "stats", "Statistics",
                      "Of this stream: frames, inferences, stale frames, tracks, queued frames, and milliseconds "
                      "of inference and in the element; also posted as a message once a second and at its end",
                      GST_TYPE_STRUCTURE, read_only));
}

bool set_property(Shared& shared, guint id, const GValue* value, GstState state) {
  if (id <= kLastStructural && state > GST_STATE_READY) return false;
  std::lock_guard lock(shared.mutex);
  Settings& settings = shared.settings;
  switch (id) {
    case kModel:
      settings.engine.model = string_of(value);
      break;
    case kDevice:
      settings.engine.device = string_of(value);
      break;
    case kThreads:
      settings.engine.threads = int(g_value_get_uint(value));
      break;
    case kPrecision:
      settings.engine.precision = vcl::Precision(g_value_get_enum(value));
      break;
    case kMotion:
      settings.engine.motion = vcl::Motion(g_value_get_enum(value));
      break;
    case kMode:
      settings.engine.mode = vcl::DecodeMode(g_value_get_enum(value));
      break;
    case kWindow:
      settings.engine.window = int(g_value_get_uint(value));
      break;
    case kStride:
      settings.engine.stride = int(g_value_get_uint(value));
      break;
    case kModelCache:
      settings.engine.model_cache = g_value_get_boolean(value);
      break;
    case kPipelined:
      settings.engine.pipelined = g_value_get_boolean(value);
      break;
    case kInterval:
      settings.interval = g_value_get_uint(value);
      break;
    case kThreshold:
      settings.filters.threshold = g_value_get_float(value);
      break;
    case kMaxInstances:
      settings.filters.max_instances = int(g_value_get_uint(value));
      break;
    case kMinArea:
      settings.filters.min_area = g_value_get_uint64(value);
      break;
    case kMaxAge:
      settings.filters.max_age = g_value_get_uint(value);
      break;
    case kOverlap:
      settings.filters.overlap = vcl::Overlap(g_value_get_enum(value));
      break;
    case kAttachRoiMeta:
      settings.attach.roi_metas = g_value_get_boolean(value);
      break;
    case kAttachAnalyticsMeta:
      settings.attach.analytics_metas = analytics_wanted(value);
      break;
    default:
      break;
  }
  return true;
}

void get_property(Shared& shared, guint id, GValue* value) {
  std::lock_guard lock(shared.mutex);
  const Settings& settings = shared.settings;
  switch (id) {
    case kModel:
      g_value_set_string(value, settings.engine.model.empty() ? nullptr : settings.engine.model.c_str());
      break;
    case kDevice:
      g_value_set_string(value, settings.engine.device.c_str());
      break;
    case kThreads:
      g_value_set_uint(value, guint(settings.engine.threads));
      break;
    case kPrecision:
      g_value_set_enum(value, gint(settings.engine.precision));
      break;
    case kMotion:
      g_value_set_enum(value, gint(settings.engine.motion));
      break;
    case kMode:
      g_value_set_enum(value, gint(settings.engine.mode));
      break;
    case kWindow:
      g_value_set_uint(value, guint(settings.engine.window));
      break;
    case kStride:
      g_value_set_uint(value, guint(settings.engine.stride));
      break;
    case kModelCache:
      g_value_set_boolean(value, settings.engine.model_cache);
      break;
    case kPipelined:
      g_value_set_boolean(value, settings.engine.pipelined);
      break;
    case kInterval:
      g_value_set_uint(value, settings.interval);
      break;
    case kThreshold:
      g_value_set_float(value, settings.filters.threshold);
      break;
    case kMaxInstances:
      g_value_set_uint(value, guint(settings.filters.max_instances));
      break;
    case kMinArea:
      g_value_set_uint64(value, settings.filters.min_area);
      break;
    case kMaxAge:
      g_value_set_uint(value, settings.filters.max_age);
      break;
    case kOverlap:
      g_value_set_enum(value, gint(settings.filters.overlap));
      break;
    case kAttachRoiMeta:
      g_value_set_boolean(value, settings.attach.roi_metas);
      break;
    case kAttachAnalyticsMeta:
      g_value_set_boolean(value, settings.attach.analytics_metas);
      break;
    case kStats:
      g_value_take_boxed(value, shared.stats.to_structure());
      break;
    default:
      break;
  }
}

}  // namespace gstvcl
