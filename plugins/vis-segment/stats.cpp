// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/vis-segment/stats.hpp"

#include <string>

namespace gstvcl {
namespace {

void set_percentiles(GstStructure* structure, const std::string& name, const RecentTimes& times) {
  const auto [p50, p95, p99] = times.percentiles(std::array{0.50, 0.95, 0.99});
  gst_structure_set(structure, (name + "-p50").c_str(), G_TYPE_DOUBLE, p50, (name + "-p95").c_str(), G_TYPE_DOUBLE, p95,
                    (name + "-p99").c_str(), G_TYPE_DOUBLE, p99, nullptr);
}

}  // namespace

void Stats::add(const Progress& progress, guint waiting) {
  frames += progress.frames;
  stale += progress.stale;
  tracks += progress.tracks;
  held = waiting;
  if (progress.frame_ms) frame_ms.add(*progress.frame_ms);
  if (!progress.inference) return;
  ++inferences;
  inference_sum += *progress.inference;
  inference_ms.add(double(*progress.inference) / GST_MSECOND);
}

GstStructure* Stats::to_structure() const {
  const double mean_ms = inferences ? double(inference_sum) / double(inferences) / double(GST_MSECOND) : 0.0;
  GstStructure* structure =
      gst_structure_new("vcl-stats", "frames", G_TYPE_UINT64, frames, "inferences", G_TYPE_UINT64, inferences, "stale",
                        G_TYPE_UINT64, stale, "tracks", G_TYPE_UINT64, tracks, "queued", G_TYPE_UINT, held,
                        "mean-inference-ms", G_TYPE_DOUBLE, mean_ms, nullptr);
  set_percentiles(structure, "inference-ms", inference_ms);
  set_percentiles(structure, "frame-ms", frame_ms);
  return structure;
}

}  // namespace gstvcl
