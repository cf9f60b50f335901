// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace vcl {

/// A cache of values that all current users share. A value is made once and freed with its last user. Thread-safe.
template <typename Key, typename Value>
class SharedCache {
 public:
  /// Returns the value of the key. If no user holds it, make(report) -> Value creates it, which calls report(share) as
  /// it proceeds. Other threads that request the same key wait, and call wait(share) many times per second with what
  /// the maker reported last, 0 at first. What it throws ends the wait. An exception of make() is passed on, and one of
  /// those who wait tries again. Values of other keys can be made meanwhile.
  ///
  /// No lock is held during make() and wait(): they may request values. A thread that makes one does not wait for
  /// others, which may wait for it: it gets a copy of its own.
  template <typename Make, typename Wait>
  std::shared_ptr<const Value> get(const Key& key, Make make, Wait wait) {
    std::unique_lock lock(mutex_);
    std::erase_if(slots_, [](const auto& entry) { return !entry.second.in_making() && entry.second.value.expired(); });
    while (true) {
      Slot& slot = slots_[key];  // again each time: it may be gone after a failure
      if (std::shared_ptr<const Value> value = slot.value.lock()) return value;
      if (!slot.in_making()) return make_in(slot, lock, make);
      if (makes_any()) {
        lock.unlock();
        return std::make_shared<const Value>(make([](double) {}));
      }
      changed_.wait_for(lock, kPatience);
      const double share = slots_[key].share;
      lock.unlock();
      wait(share);
      lock.lock();
    }
  }

 private:
  static constexpr std::chrono::milliseconds kPatience{50};

  struct Slot {
    std::weak_ptr<const Value> value;
    std::thread::id maker = {};  ///< none: nobody makes it
    double share = 0;            ///< of making it

    bool in_making() const { return maker != std::thread::id(); }
  };

  bool makes_any() const {
    return std::ranges::any_of(slots_,
                               [](const auto& entry) { return entry.second.maker == std::this_thread::get_id(); });
  }

  template <typename Make>
  std::shared_ptr<const Value> make_in(Slot& slot, std::unique_lock<std::mutex>& lock, Make& make) {
    slot.maker = std::this_thread::get_id();
    slot.share = 0;
    lock.unlock();
    std::shared_ptr<const Value> value;
    try {
      value = std::make_shared<const Value>(make([&](double share) {
        const std::lock_guard reporting(mutex_);
        slot.share = share;
      }));
    } catch (...) {
      lock.lock();
      slot.maker = {};
      changed_.notify_all();
      throw;
    }
    lock.lock();
    slot.value = value;
    slot.maker = {};
    changed_.notify_all();
    return value;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Slot> slots_;  // guarded by mutex_; a slot stays where it is while its value is made
};

}  // namespace vcl
