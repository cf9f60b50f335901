// SPDX-License-Identifier: LGPL-2.1-or-later
#include "plugins/vis-segment/held_frames.hpp"

#include <gst/video/video.h>

#include <algorithm>
#include <span>

#include "plugins/meta/mapped_buffer.hpp"

namespace gstvcl {
namespace {

std::span<std::byte> bytes_of(const MappedBuffer& mapped) {
  return {reinterpret_cast<std::byte*>(mapped.data()), mapped.size()};
}

gboolean drop_reference_to_parent(GstBuffer*, GstMeta** meta, gpointer) {
  if ((*meta)->info->api == GST_PARENT_BUFFER_META_API_TYPE) *meta = nullptr;
  return TRUE;
}

/// Copies everything but the pixels: times, offsets, flags and metas, including the layout of the pixels, which
/// GStreamer counts as part of the memory.
BufferPtr copy_without_pixels(GstBuffer* frame) {
  BufferPtr copy(gst_buffer_new());
  gst_buffer_copy_into(copy.get(), frame, GstBufferCopyFlags(GST_BUFFER_COPY_METADATA), 0, gsize(-1));
  gst_buffer_foreach_meta(copy.get(), drop_reference_to_parent, nullptr);
  GstVideoMeta* layout = gst_buffer_get_video_meta(frame);
  if (layout && !gst_buffer_get_video_meta(copy.get())) {
    GstVideoMeta* same =
        gst_buffer_add_video_meta_full(copy.get(), layout->flags, layout->format, layout->width, layout->height,
                                       layout->n_planes, layout->offset, layout->stride);
    same->id = layout->id;
    same->alignment = layout->alignment;
  }
  return copy;
}

/// Returns the pool that the memory of the buffer returns to, or null. A buffer that shares the pixels of a parent
/// buffer keeps that buffer.
GstBufferPool* pool_of(GstBuffer* buffer) {
  while (!buffer->pool) {
    const GstParentBufferMeta* parent = gst_buffer_get_parent_buffer_meta(buffer);
    if (!parent) return nullptr;
    buffer = parent->buffer;
  }
  return buffer->pool;
}

/// Returns the maximum number of buffers, 0 if the pool is unlimited.
guint most_buffers(GstBufferPool* pool) {
  guint most = 0;
  GstStructure* config = gst_buffer_pool_get_config(pool);
  gst_buffer_pool_config_get_params(config, nullptr, nullptr, nullptr, &most);
  gst_structure_free(config);
  return most;
}

}  // namespace

HeldFrames::~HeldFrames() {
  for (GstEvent* event : clear()) gst_event_unref(event);
}

void HeldFrames::push(Frame frame) {
  GstBufferPool* const pool = pool_of(frame.buffer.get());
  if (const guint most = pool ? most_buffers(pool) : 0; most > 0) {
    const auto waiting = std::ranges::count(items_, pool, &Item::pool);
    if (2 * (waiting + 1) > most) return push_copy(std::move(frame));
  }
  Item item;
  item.pool = pool;
  item.object = GST_MINI_OBJECT_CAST(frame.buffer.release());
  item.arrived = frame.arrived;
  item.running_time = frame.running_time;
  items_.push_back(item);
  ++frames_;
}

void HeldFrames::push_copy(Frame frame) {
  GstBuffer* original = frame.buffer.get();
  const gsize size = gst_buffer_get_size(original);
  BufferPtr copy = copy_without_pixels(original);
  Item item;
  item.arrived = frame.arrived;
  item.running_time = frame.running_time;
  if (copied_bytes_ + size <= memory_budget_) {
    gst_buffer_append_memory(copy.get(), gst_allocator_alloc(nullptr, size, nullptr));
    const MappedBuffer pixels(copy.get(), GST_MAP_WRITE);
    gst_buffer_extract(original, 0, pixels.data(), size);
    item.copied_bytes = size;
  } else {
    if (!file_) file_.emplace("video frames");
    item.position = file_->append(bytes_of(MappedBuffer(original, GST_MAP_READ)));
    item.spilled_bytes = size;
  }
  copied_bytes_ += item.copied_bytes;
  item.object = GST_MINI_OBJECT_CAST(copy.release());
  items_.push_back(item);
  ++frames_;
}

void HeldFrames::push(GstEvent* event) {
  Item item;
  item.object = GST_MINI_OBJECT_CAST(event);
  items_.push_back(item);
}

GstEvent* HeldFrames::pop_event() {
  GstEvent* event = GST_EVENT_CAST(items_.front().object);
  items_.pop_front();
  return event;
}

HeldFrames::Item HeldFrames::pop_item() {
  const Item item = items_.front();
  items_.pop_front();
  --frames_;
  copied_bytes_ -= item.copied_bytes;
  return item;
}

HeldFrames::Frame HeldFrames::pop_frame() {
  const Item item = pop_item();
  Frame frame{BufferPtr(GST_BUFFER_CAST(item.object)), item.arrived, item.running_time};
  if (item.spilled_bytes > 0) {
    gst_buffer_append_memory(frame.buffer.get(), gst_allocator_alloc(nullptr, item.spilled_bytes, nullptr));
    file_->read(item.position, bytes_of(MappedBuffer(frame.buffer.get(), GST_MAP_WRITE)));
  }
  if (frames_ == 0) file_.reset();
  return frame;
}

void HeldFrames::drop_frame() {
  gst_mini_object_unref(pop_item().object);
  if (frames_ == 0) file_.reset();
}

std::vector<GstEvent*> HeldFrames::clear() {
  std::vector<GstEvent*> events;
  for (const Item& item : items_) {
    if (GST_IS_EVENT(item.object))
      events.push_back(GST_EVENT_CAST(item.object));
    else
      gst_mini_object_unref(item.object);
  }
  items_.clear();
  frames_ = 0;
  copied_bytes_ = 0;
  file_.reset();
  return events;
}

}  // namespace gstvcl
