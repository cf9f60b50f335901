// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <deque>
#include <optional>
#include <vector>

#include "libvcl/files/spill_file.hpp"
#include "plugins/base/buffer_ptr.hpp"

namespace gstvcl {

/// Frames that wait for their results, and the serialized events between them: first in, first out. Any number of
/// frames can wait as copies, of which memory holds `memory_budget` bytes of pixels and a temporary file the rest.
/// Streaming thread only.
class HeldFrames {
 public:
  explicit HeldFrames(std::uint64_t memory_budget) : memory_budget_(memory_budget) {}
  ~HeldFrames();
  HeldFrames(const HeldFrames&) = delete;
  HeldFrames& operator=(const HeldFrames&) = delete;

  struct Frame {
    BufferPtr buffer;
    gint64 arrived;                                   ///< monotonic time, microseconds
    GstClockTime running_time = GST_CLOCK_TIME_NONE;  ///< by the segment it came in
  };
  /// Takes the frame, or a copy if half of the buffers of a pool that can run dry wait here already: the pool's user
  /// would wait for a buffer, and we for its next frame. Throws as push_copy().
  void push(Frame frame);
  /// The same for a copy, so that the pool of the frame gets its memory back. Throws vcl::Error(Resource) when the
  /// temporary file cannot take it.
  void push_copy(Frame frame);
  /// Takes the event.
  void push(GstEvent* event);

  bool empty() const { return items_.empty(); }
  guint frames() const { return frames_; }
  bool starts_with_event() const { return !items_.empty() && GST_IS_EVENT(items_.front().object); }

  /// The first item must be an event. Returns: (transfer full)
  GstEvent* pop_event();
  /// The first item must be a frame. Throws vcl::Error(Resource) when the temporary file cannot be read.
  Frame pop_frame();
  /// The same without looking at it: the first item must be a frame.
  void drop_frame();

  /// Forgets all frames. Returns: (transfer full) the events
  std::vector<GstEvent*> clear();

 private:
  struct Item {
    GstMiniObject* object = nullptr;
    gint64 arrived = 0;
    GstClockTime running_time = GST_CLOCK_TIME_NONE;
    gsize copied_bytes = 0;         // in memory
    gsize spilled_bytes = 0;        // pixels that the buffer lacks, because they are in the file
    std::uint64_t position = 0;     // of these
    GstBufferPool* pool = nullptr;  // that misses the buffer; only compared
  };

  Item pop_item();

  const std::uint64_t memory_budget_;
  std::deque<Item> items_;
  guint frames_ = 0;
  std::uint64_t copied_bytes_ = 0;
  std::optional<vcl::SpillFile> file_;
};

}  // namespace gstvcl
