// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <atomic>
#include <memory>
#include <mutex>
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

/// The part that any thread may use.
struct Shared {
  Guarded<Settings> settings;
  std::mutex look_changes;  ///< held while a new Settings::look is made of the one before
  Guarded<Stats> stats;
  std::atomic<bool> warned_of_whole = false;
  FrameTimes times;
  Lateness lateness{times};
  Latency latency{times};
};

/// Bytes of pixels that mode whole keeps in memory. The rest is in a temporary file ($TMPDIR).
inline constexpr std::uint64_t kFrameMemory = std::uint64_t(256) << 20;

/// One stream through one engine. Holds back buffers, and the serialized events between them, until their results
/// arrive. Only the streaming thread or state changes may call it, never both at once. Errors of the engine are posted
/// on the bus and returned as a flow return. Only open() throws.
class Session {
 public:
  Session(GstElement* element, GstPad* srcpad, Shared& shared)
      : element_(element), srcpad_(srcpad), shared_(shared), timeline_(element, shared.times, shared.lateness) {}

  /// Opens an engine for the current settings, unless it is already open. Throws vcl::Error.
  void open();
  void close();
  /// Clears the state of the stream. The engine stays open.
  void forget();

  /// Sets the caps. Frames of another size end all tracks, and the held frames are sent first. Returns false if the
  /// caps cannot be used.
  bool set_caps(const GstCaps* caps);
  void set_segment(const GstSegment& segment);

  /// Takes ownership of the buffer.
  GstFlowReturn push(GstBuffer* buffer);
  /// Sends all held frames. Tracks end, and frame numbers continue.
  GstFlowReturn drain();
  /// Sends all held frames at the end of an input. Frame numbers start at 0 again.
  void end_run();
  /// Drops all held frames. Tracks end, and frame numbers start at 0 again.
  void flush();

  /// Returns whether a GAP event is a hole in time. Held frames must not wait over a hole.
  bool is_hole(GstEvent* gap) const { return timeline_.is_hole(gap); }

  /// Returns the maximum number of frames of a live stream, and of a buffer pool, that are held back, inferred or not.
  /// Returns 0 without an engine and in mode whole, which keeps copies of all frames and has no bounded latency.
  guint64 held_frames() const { return held_frames(shared_.settings.get()); }
  bool holds_frames() const { return !held_.empty(); }
  /// Takes ownership of a serialized event. It is sent after the frames that are held now.
  void queue_event(GstEvent* event) { held_.push(event); }

  /// Posts an element message with the statistics.
  void post_stats();

 private:
  bool holds_all() const { return engine_->latency_frames() == vcl::kUnboundedLatency; }
  guint64 held_frames(const Settings& settings) const;
  /// Tracks end where what is looked at changes.
  GstFlowReturn apply_region();
  GstFlowReturn take(HeldFrames::Frame frame);
  std::vector<vcl::FrameResult> infer(GstBuffer* buffer);
  /// Sends the frames that these results belong to.
  GstFlowReturn emit(const std::vector<vcl::FrameResult>& results);
  GstFlowReturn push_with(const vcl::FrameResult& result);
  void count_out(const vcl::FrameResult& result, gint64 arrived);
  void push_leading_events();
  void drop_frames();
  void forget_times();
  /// Updates the statistics.
  void count();
  void tell_latency();
  void post_stats_each_second();

  GstElement* element_;
  GstPad* srcpad_;
  Shared& shared_;
  Settings now_;  // for the current frame: copied once when it arrives
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
