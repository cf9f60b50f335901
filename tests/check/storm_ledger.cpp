// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storm_ledger.hpp"

#include <cstdio>
#include <cstdlib>

#include "gst/vcl/gstvclinstancesmeta.h"

namespace check {
namespace {

/// Those that say what a buffer is; GstBuffer keeps the others for itself.
constexpr guint kFlags = GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_DROPPABLE |
                         GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_MARKER;

}  // namespace

void StormLedger::require(bool condition, const std::string& what) const {
  if (condition) return;
  std::fprintf(stderr, "%s: %s\n", storm_.c_str(), what.c_str());
  std::abort();
}

void StormLedger::goes_in(GstBuffer* buffer) {
  const std::lock_guard lock(mutex_);
  GST_BUFFER_OFFSET(buffer) = serial_;
  inside_.push_back({serial_++, GST_BUFFER_PTS(buffer), GST_BUFFER_DTS(buffer), GST_BUFFER_DURATION(buffer),
                     GST_BUFFER_FLAGS(buffer) & kFlags});
}

void StormLedger::came_out(GstBuffer* buffer) {
  const std::lock_guard lock(mutex_);
  require(!inside_.empty(), "a buffer came out that had come out, or was dropped, before");
  const Frame frame = inside_.front();
  inside_.pop_front();
  ++out_;
  require(GST_BUFFER_OFFSET(buffer) == frame.serial, "buffer " + std::to_string(GST_BUFFER_OFFSET(buffer)) +
                                                         " came out in the place of " + std::to_string(frame.serial));
  require(GST_BUFFER_PTS(buffer) == frame.pts && GST_BUFFER_DTS(buffer) == frame.dts &&
              GST_BUFFER_DURATION(buffer) == frame.duration,
          "a buffer has other times than it came with");
  const guint flags = GST_BUFFER_FLAGS(buffer) & kFlags, may_go = gaps_ == Gaps::Painted ? GST_BUFFER_FLAG_GAP : 0;
  require(flags == frame.flags || flags == (frame.flags & ~may_go),
          "a buffer came with the flags " + std::to_string(frame.flags) + " and left with " + std::to_string(flags));
  check_ids(buffer);
}

void StormLedger::check_ids(GstBuffer* buffer) {
  const GstVclInstancesMeta* meta = gst_buffer_get_vcl_instances_meta(buffer);
  for (guint i = 0; meta && i < gst_vcl_instances_meta_get_n_instances(meta); ++i) {
    const guint64 id = gst_vcl_instance_get_track_id(gst_vcl_instances_meta_get_instance(meta, i));
    require(!ended_ids_.contains(id), "the id " + std::to_string(id) + " of a track that ended is used again");
    ids_.insert(id);
  }
}

void StormLedger::end_tracks() {
  ended_ids_.merge(ids_);
  ids_.clear();
}

void StormLedger::all_out(bool tracks_end) {
  const std::lock_guard lock(mutex_);
  require(inside_.empty(), std::to_string(inside_.size()) + " buffers are held back where none may be");
  if (tracks_end) end_tracks();
}

void StormLedger::dropped(bool ids_begin_anew) {
  const std::lock_guard lock(mutex_);
  inside_.clear();
  end_tracks();
  if (ids_begin_anew) ended_ids_.clear();
}

std::size_t StormLedger::frames_out() const {
  const std::lock_guard lock(mutex_);
  return out_;
}

}  // namespace check
