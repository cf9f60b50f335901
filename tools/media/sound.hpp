// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <atomic>
#include <mutex>
#include <string>

namespace vcl {

/// The sound track of a media file that its container marks as default, else the first, as it is coded. It is read by a
/// pipeline of its own: sound that is damaged, empty or far from its frames in the file neither holds up the frames nor
/// ends their run.
class Sound {
 public:
  /// Reads up to the first packet.
  explicit Sound(const std::string& uri);
  ~Sound();
  Sound(const Sound&) = delete;
  Sound& operator=(const Sound&) = delete;

  /// Caps and first packet; null where there is no sound that can be read. (transfer none)
  GstSample* first() const { return first_; }
  /// Whether it begins so long after the input's start that one hears it.
  bool begins_late() const { return start_ != GST_CLOCK_TIME_NONE && start_ > kUnheard; }
  /// How many tracks of sound there are.
  int tracks() const { return tracks_; }
  /// What people call the codec.
  std::string codec() const;
  /// Lets `source` play the packets at their running time in the input. To be called once; the source must be stopped
  /// before the sound is gone.
  void play_into(GstAppSrc* source);
  /// Nothing is played before start_at() or end_at(). To be called before play_into().
  void wait_for_start() { waits_ = true; }
  /// The comments in its headers are not played. To be called before play_into().
  void leave_out_comments();
  /// This running time in the input is that of the first frame, and becomes 0; what comes before is not played.
  void start_at(GstClockTime start);
  /// No packet is played that begins at this running time or later.
  void end_at(GstClockTime end);
  /// What is wrong with the sound, or empty.
  std::string fault() const;

 private:
  static constexpr GstClockTime kUnheard = GST_SECOND / 10;  // more than this of silence is heard

  static void take_track(GstElement* tracks, GstPad* pad, gpointer data);
  static GstPadProbeReturn pass_over(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstFlowReturn play_next(GstAppSink* packets, gpointer data);
  static void end(GstAppSink* packets, gpointer data);
  static GstPadProbeReturn stop_at_end(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstBusSyncReply note_error(GstBus* bus, GstMessage* message, gpointer data);
  bool is_read() const;
  void unlink_track();
  void leave_out(GstPad* track);
  void read_first();
  void check_end();
  void set_fault(GstMessage* message);
  /// The packet with its running time, and nothing else of its stream; null where it has no place in it.
  GstBuffer* make_packet(GstSample* sample);
  GstFlowReturn play(GstBuffer* next);

  GstElement* pipeline_;
  GstAppSink* packets_;
  GstSample* first_ = nullptr;
  GstClockTime start_ = 0;  // running time of the first packet; none: before the input's start, or a header
  GstAppSrc* source_ = nullptr;
  GstPad* track_ = nullptr;       // that is read
  GstElement* parser_ = nullptr;  // of some tracks, in the pipeline
  std::atomic<int> tracks_ = 0;   // of sound
  std::atomic<int> others_ = 0;   // packets of other tracks
  GstBuffer* held_ = nullptr;     // to be played when the next one is there
  std::atomic<bool> waits_ = false, is_wanted_ = false;
  std::atomic<GstClockTime> origin_ = 0;     // running time in the input that is played as 0
  GstClockTime last_ = 0;                    // where the last packet began
  GstClockTime length_ = 0;                  // and how long the one before it was
  GstClockTime stop_ = GST_CLOCK_TIME_NONE;  // where its edit list says it ends, in running time
  std::atomic<GstClockTime> end_ = GST_CLOCK_TIME_NONE;
  mutable std::mutex mutex_;
  std::string fault_;  // guarded by mutex_
};

}  // namespace vcl
