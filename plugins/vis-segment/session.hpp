// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "plugins/attach/attach.hpp"
#include "plugins/base/guarded.hpp"
#include "plugins/timing/latency.hpp"
#include "plugins/timing/timeline.hpp"
#include "plugins/vis-segment/held_frames.hpp"
#include "plugins/vis-segment/look.hpp"
#include "plugins/vis-segment/stats.hpp"
#include "vcl/engine.hpp"
#include "vcl/region.hpp"

namespace gstvcl {

/// The properties of vcl-vis-segment.
struct Settings {
  vcl::EngineOptions engine;
  vcl::Filters filters;
  Look look;
  guint interval = 1;
  AttachSettings attach;
};

/// What any thread may touch.
struct Shared {
  Guarded<Settings> settings;
  Guarded<Stats> stats;
  std::atomic<bool> warned_of_whole = false;
  FrameTimes times;
  Lateness lateness{times};
  Latency latency{times};
};

/// Bytes of pixels that mode whole keeps in memory; the rest is in a temporary file ($TMPDIR).
inline constexpr std::uint64_t kFrameMemory = std::uint64_t(256) << 20;

/// One stream through one engine: holds back buffers, and the serialized events between them, until
/// their results come. Streaming thread or state changes only, never both at once. Errors of the engine are
/// posted on the bus and reported as a return value: no exception leaves, but for those of open().
class Session {
 public:
  Session(GstElement* element, GstPad* srcpad, Shared& shared)
      : element_(element), srcpad_(srcpad), shared_(shared), timeline_(element, shared.times, shared.lateness) {}

  /// Opens the engine for the current settings unless that very engine is open. Throws vcl::Error.
  void open();
  void close();
  /// Forgets everything about the stream; the engine stays open.
  void forget();

  /// Frames of another size end all tracks: those held back are sent on. False: these caps are of no use.
  bool set_caps(const GstCaps* caps);
  void set_segment(const GstSegment& segment);

  /// Takes the buffer.
  GstFlowReturn push(GstBuffer* buffer);
  /// Sends on all that is held back; tracks end, the count of frames goes on.
  GstFlowReturn drain();
  /// The same at the end of an input: frames count from 0 again.
  void end_run();
  /// Drops all that is held back; tracks end, frames count from 0 again.
  void flush();

  /// Whether a GAP event is a hole in time, over which the frames held back must not wait.
  bool is_hole(GstEvent* gap) const { return timeline_.is_hole(gap); }

  /// Most frames of a live stream, and of a pool, that may be held back: inferred ones and those between them. Mode
  /// whole holds back all, of which no latency can be told, in copies.
  guint64 held_frames() const { return held_frames(shared_.settings.get()); }
  bool holds_frames() const { return !held_.empty(); }
  /// Takes a serialized event; it leaves after the frames now held back.
  void queue_event(GstEvent* event) { held_.push(event); }

  /// Posts an element message with the statistics.
  void post_stats();

 private:
  bool holds_all() const { return engine_->latency_frames() == vcl::kUnboundedLatency; }
  guint64 held_frames(const Settings& settings) const;
  /// Tracks end where what is looked at changes.
  GstFlowReturn look_where_told();
  GstFlowReturn take(HeldFrames::Frame frame);
  std::vector<vcl::FrameResult> infer(GstBuffer* buffer);
  /// Sends on the frames that these are the results of.
  GstFlowReturn emit(const std::vector<vcl::FrameResult>& results);
  GstFlowReturn push_with(const vcl::FrameResult& result);
  void count_out(const vcl::FrameResult& result, gint64 arrived);
  void push_leading_events();
  void drop_frames();
  void forget_times();
  /// Brings the statistics up to date.
  void count();
  void tell_latency();
  void post_stats_each_second();

  GstElement* element_;
  GstPad* srcpad_;
  Shared& shared_;
  Settings now_;  // for the frame in work: taken once, when it comes
  Progress progress_;
  std::unique_ptr<vcl::RegionEngine> engine_;
  vcl::EngineOptions opened_;
  std::shared_ptr<const vcl::Region> looks_at_;
  std::optional<GstVideoInfo> info_;
  GstSegment segment_{};
  Timeline timeline_;
  ResultAttacher attacher_;
  HeldFrames held_{kFrameMemory};
  gint64 stats_posted_ = 0;  // monotonic time
};

}  // namespace gstvcl
