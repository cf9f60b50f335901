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
/// frames can wait as copies. Memory holds `memory_budget` bytes of their pixels, a temporary file the rest. Streaming
/// thread only.
class HeldFrames {
 public:
  explicit HeldFrames(std::uint64_t memory_budget) : memory_budget_(memory_budget) {}
  ~HeldFrames();
  HeldFrames(const HeldFrames&) = delete;
  HeldFrames& operator=(const HeldFrames&) = delete;

  struct Frame {
    BufferPtr buffer;
    gint64 arrived;                                   ///< monotonic time, microseconds
    GstClockTime running_time = GST_CLOCK_TIME_NONE;  ///< in the segment that it came in
  };
  /// Holds the frame itself, or a copy if half of the buffers of a limited pool wait here already. Otherwise the user
  /// of the pool would wait for a buffer, and this element for its next frame. Throws like push_copy().
  void push(Frame frame);
  /// Holds a copy, so that the frame's pool gets its memory back. Throws vcl::Error(Resource) if the temporary file
  /// cannot store it.
  void push_copy(Frame frame);
  /// Takes ownership of the event.
  void push(GstEvent* event);

  bool empty() const { return items_.empty(); }
  guint frames() const { return frames_; }
  bool starts_with_event() const { return !items_.empty() && GST_IS_EVENT(items_.front().object); }

  /// Removes the first item, which must be an event. Returns: (transfer full)
  GstEvent* pop_event();
  /// Removes the first item, which must be a frame. Throws vcl::Error(Resource) if the temporary file cannot be read.
  Frame pop_frame();
  /// Removes the first item, which must be a frame, without reading it.
  void drop_frame();

  /// Drops all frames. Returns: (transfer full) the events
  std::vector<GstEvent*> clear();

 private:
  struct Item {
    GstMiniObject* object = nullptr;
    gint64 arrived = 0;
    GstClockTime running_time = GST_CLOCK_TIME_NONE;
    gsize copied_bytes = 0;         // in memory
    gsize spilled_bytes = 0;        // pixels that are in the file instead of the buffer
    std::uint64_t position = 0;     // position of these pixels in the file
    GstBufferPool* pool = nullptr;  // pool that the buffer belongs to; only compared
  };

  Item pop_item();

  const std::uint64_t memory_budget_;
  std::deque<Item> items_;
  guint frames_ = 0;
  std::uint64_t copied_bytes_ = 0;
  std::optional<vcl::SpillFile> file_;
};

}  // namespace gstvcl
