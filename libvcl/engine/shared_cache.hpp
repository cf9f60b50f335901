// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <map>
#include <memory>
#include <mutex>

namespace vcl {

/// Values that are made once for all who use them at the same time, and go away with the last user. Any thread.
template <typename Key, typename Value>
class SharedCache {
 public:
  /// The value of the key; when nobody has it, make() -> Value makes it, and others who ask for it wait for that. What
  /// make() throws is passed on: the next one who asks tries again. Values of other keys are made meanwhile.
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
    if (slot.use_count() > 1) return false;  // somebody is about to use it
    const std::lock_guard lock(slot->mutex);
    return slot->value.expired();
  }

  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Slot>> slots_;  // guarded by mutex_
};

}  // namespace vcl
