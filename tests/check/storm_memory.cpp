// SPDX-License-Identifier: LGPL-2.1-or-later
#include "storm_memory.hpp"

namespace {

struct LostAllocator {
  GstAllocator parent;
};
struct LostAllocatorClass {
  GstAllocatorClass parent;
};

GType lost_allocator_get_type();
G_DEFINE_TYPE(LostAllocator, lost_allocator, GST_TYPE_ALLOCATOR)

void free_memory(GstAllocator*, GstMemory* memory) {
  g_free(memory);
}

void lost_allocator_class_init(LostAllocatorClass* klass) {
  GST_ALLOCATOR_CLASS(klass)->free = free_memory;
}

void lost_allocator_init(LostAllocator* self) {
  GstAllocator* allocator = GST_ALLOCATOR_CAST(self);
  allocator->mem_type = "lost";
  allocator->mem_map = [](GstMemory*, gsize, GstMapFlags) -> gpointer { return nullptr; };
  allocator->mem_unmap = [](GstMemory*) {};
  GST_OBJECT_FLAG_SET(allocator, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
  GST_OBJECT_FLAG_SET(allocator, GST_OBJECT_FLAG_MAY_BE_LEAKED);
}

}  // namespace

namespace check {

GstMemory* memory_without_access(gsize size) {
  static auto* const allocator =
      static_cast<GstAllocator*>(gst_object_ref_sink(g_object_new(lost_allocator_get_type(), nullptr)));
  auto* memory = g_new0(GstMemory, 1);
  gst_memory_init(memory, GstMemoryFlags(0), allocator, nullptr, size, 0, 0, size);
  return memory;
}

}  // namespace check
