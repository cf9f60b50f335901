// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace vcl {

/// Makes items `first`, `first + 1`, ... in worker threads and returns them in order. At most `ahead` items wait. An
/// exception in `make` is rethrown by next().
template <typename Item>
class Prefetch {
 public:
  Prefetch(std::function<Item(std::uint64_t)> make, std::uint64_t first, int threads, int ahead)
      : make_(std::move(make)), made_(first), taken_(first), ahead_(ahead) {
    for (int i = 0; i < threads; ++i) workers_.emplace_back([this] { work(); });
  }
  ~Prefetch() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  Item next() {
    const auto asked = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return failure_ || ready_.contains(taken_); });
    seconds_waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count();
    if (failure_) std::rethrow_exception(failure_);
    Item item = std::move(ready_.extract(taken_).mapped());
    ++taken_;
    changed_.notify_all();
    return item;
  }
  /// Returns how long next() has waited so far. Only for the thread that calls next().
  double seconds_waited() const { return seconds_waited_; }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || failure_ || made_ < taken_ + ahead_; });
      if (stopping_ || failure_) return;
      const std::uint64_t index = made_++;
      lock.unlock();
      std::optional<Item> item;
      std::exception_ptr failure;
      try {
        item.emplace(make_(index));
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      if (failure)
        failure_ = failure;
      else
        ready_.emplace(index, std::move(*item));
      changed_.notify_all();
    }
  }

  std::function<Item(std::uint64_t)> make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Item> ready_;
  std::uint64_t made_, taken_, ahead_;
  std::exception_ptr failure_;
  bool stopping_ = false;
  double seconds_waited_ = 0;
  std::vector<std::thread> workers_;
};

}  // namespace vcl
