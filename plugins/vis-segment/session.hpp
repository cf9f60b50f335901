// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/video/video.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "common/attach.hpp"
#include "common/timeline.hpp"
#include "vcl/engine.hpp"

namespace gstvcl {

/// The properties of vcl-vis-segment.
struct Settings {
  vcl::EngineOptions engine;
  vcl::Filters filters;
  guint interval = 1;
  AttachSettings attach;
};

/// What the `stats` property tells.
struct Stats {
  guint64 frames = 0, inferences = 0, stale = 0, tracks = 0;
  GstClockTime inference_time = 0;
};

/// What any thread may touch, under the mutex; Pace has its own.
struct Shared {
  std::mutex mutex;
  Settings settings;
  Stats stats;
  Pace pace;
};

/// One stream through one engine: holds back buffers, and the serialized events between them, until
/// their results come. Streaming thread or state changes only, never both at once. Errors of the engine are
/// posted on the bus and reported as a return value: no exception leaves.
class Session {
 public:
  Session(GstElement* element, GstPad* srcpad, Shared& shared)
      : element_(element), srcpad_(srcpad), shared_(shared), timeline_(element, shared.pace) {}
  ~Session() { clear_pending(); }

  /// Opens the engine for the current settings unless that very engine is open. False: failed, posted.
  bool open();
  void close();
  /// Forgets everything about the stream; the engine stays open.
  void forget();

  bool set_caps(const GstCaps* caps);
  bool has_caps(const GstCaps* caps) const;
  void set_segment(const GstSegment& segment) { segment_ = segment; }

  /// Takes the buffer.
  GstFlowReturn push(GstBuffer* buffer);
  /// Sends on all that is held back; tracks end.
  GstFlowReturn drain();
  /// Drops all that is held back; tracks end.
  void flush();

  /// Most frames of a live stream, and of a pool, that may be held back. Mode whole holds back all, of which no latency
  /// can be told, in copies.
  guint held_frames() const { return engine_ && !holds_all() ? guint(engine_->latency_frames()) : 0; }
  bool holds_frames() const { return !pending_.empty(); }
  /// Takes a serialized event; it leaves after the frames now held back.
  void queue_event(GstEvent* event) { pending_.push_back(GST_MINI_OBJECT_CAST(event)); }

 private:
  bool holds_all() const { return engine_->latency_frames() == vcl::kUnboundedLatency; }
  std::vector<vcl::FrameResult> infer(GstBuffer* buffer);
  GstFlowReturn emit(const std::vector<vcl::FrameResult>& results);
  GstBuffer* next_buffer();
  void push_leading_events();
  void clear_pending();
  void tell_latency();

  GstElement* element_;
  GstPad* srcpad_;
  Shared& shared_;
  std::unique_ptr<vcl::Engine> engine_;
  vcl::EngineOptions opened_;
  std::optional<GstVideoInfo> info_;
  GstSegment segment_{};
  Timeline timeline_;
  ResultAttacher attacher_;
  std::deque<GstMiniObject*> pending_;
};

}  // namespace gstvcl
