// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <memory>
#include <mutex>

namespace vcl {

/// A cache of values that all current users share. A value is made once and freed with its last user. Thread-safe.
template <typename Key, typename Value>
class SharedCache {
 public:
  /// Returns the value of the key. If no user holds it, make() -> Value creates it, and other threads that request the
  /// same key wait. An exception of make() is passed on, and the next request tries again. Values of other keys can be
  /// made meanwhile.
  template <typename Make>
  std::shared_ptr<const Value> get(const Key& key, Make make) {
    const std::shared_ptr<Slot> slot = slot_of(key);
    const std::lock_guard lock(slot->mutex);
    std::shared_ptr<const Value> value = slot->value.lock();
    if (!value) slot->value = value = std::make_shared<const Value>(make());
    return value;
  }

 private:
  struct Slot {
    std::mutex mutex;
    std::weak_ptr<const Value> value;
  };

  std::shared_ptr<Slot> slot_of(const Key& key) {
    const std::lock_guard lock(mutex_);
    std::erase_if(slots_, [](const auto& entry) { return is_unused(entry.second); });
    std::shared_ptr<Slot>& slot = slots_[key];
    if (!slot) slot = std::make_shared<Slot>();
    return slot;
  }

  static bool is_unused(const std::shared_ptr<Slot>& slot) {
    if (slot.use_count() > 1) return false;  // another thread is about to use it
    const std::lock_guard lock(slot->mutex);
    return slot->value.expired();
  }

  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Slot>> slots_;  // guarded by mutex_
};

}  // namespace vcl
